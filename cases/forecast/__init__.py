"""Which promises break today although everybody works on them in order, and which moves prevent it; pure."""
