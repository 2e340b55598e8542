"""Technologies behind the ports, one package each. They do not know one another."""
