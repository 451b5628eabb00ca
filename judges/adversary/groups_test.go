package adversary

// groups is the map of the suite.
func groups() []group {
	return []group{
		{"tokens", tokenAttacks()},
		{"sessions", sessionAttacks()},
		{"hosts", hostAttacks()},
		{"views", viewAttacks()},
		{"fields", fieldAttacks()},
		{"filters", filterAttacks()},
		{"dates", dateAttacks()},
		{"pages", pageAttacks()},
		{"paths", pathAttacks()},
		{"bytes", byteAttacks()},
		{"bodies", bodyAttacks()},
		{"answers", answerAttacks()},
		{"starts", startAttacks()},
		{"frames", frameAttacks()},
		{"crowds", crowdAttacks()},
	}
}
