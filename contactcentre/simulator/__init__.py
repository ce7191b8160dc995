"""Every channel with no telecom account: hosts the gateways' doubles, and the phone page. Never in production."""
