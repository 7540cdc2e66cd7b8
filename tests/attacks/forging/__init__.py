"""Records forged at random, and two ways of judging them that know nothing of the audit."""
