"""The use cases: one service per noun, one method per use case, the actor first."""
