"""How well something suits a user, and whether a model follows its users at all."""
