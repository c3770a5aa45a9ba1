"""Mails as servers and people send them, byte by byte."""

ANN = "ann@acme.example"


def mail(text="Sure, let's talk.", *, sender="tom@corp.example", to=ANN, subject="Re: hello", name="m1", **headers):
    """A plain mail; further headers by name, underscores for hyphens."""
    lines = [f"From: Tom <{sender}>", f"To: {to}", f"Subject: {subject}", "Date: Mon, 02 Mar 2026 10:00:00 +0000"]
    lines += [f"Message-ID: <{name}@corp.example>"] if name else []
    lines += [f"{key.replace('_', '-')}: {value}" for key, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n" + text).encode()


def bounce(original, *, recipient="tom@corp.example", action="failed", status="5.1.1", name="b1"):
    """RFC 3464. original: the Message-ID of ours, without angle brackets."""
    return f"""From: MAILER-DAEMON@mx.example
To: {ANN}
Subject: Undelivered Mail Returned to Sender
Message-ID: <{name}@mx.example>
Date: Mon, 02 Mar 2026 10:00:00 +0000
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="XX"

--XX
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered. Please unsubscribe me.

--XX
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Mon, 02 Mar 2026 09:59:00 +0000

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 <{recipient}>: user unknown

--XX
Content-Type: message/rfc822

Message-ID: <{original}>
Subject: hello
From: {ANN}

Hi Tom

--XX--
""".replace("\n", "\r\n").encode()


def complaint(original, recipient="tom@corp.example"):
    """RFC 5965."""
    return f"""From: fbl@provider.example
To: {ANN}
Subject: complaint
Message-ID: <c1@provider.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="XX"

--XX
Content-Type: text/plain

This is an email abuse report.
--XX
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: X/1
Version: 1
Original-Rcpt-To: <{recipient}>

--XX
Content-Type: text/rfc822-headers

Message-ID: <{original}>
From: {ANN}
--XX--
""".replace("\n", "\r\n").encode()
