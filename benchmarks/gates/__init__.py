"""How gates decide: speed and agreement beside real peers, and how often they are wrong."""
