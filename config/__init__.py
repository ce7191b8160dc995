"""Settings from the environment, and the city's configuration from its folder."""
