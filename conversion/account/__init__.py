"""People's own accounts: signing in, passwords, second factors. The pages are django-allauth's, in the look of this project."""
