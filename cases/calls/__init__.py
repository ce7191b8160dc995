"""The call centre: calls, their legs and their waits in a queue; who is rung; what a call came to. No menu, no XML."""
