"""Rules, packs, expressions, waivers, baseline and gate."""
