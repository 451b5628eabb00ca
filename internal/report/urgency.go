package report

// An Urgency orders questions when Google cannot be asked all of them. The zero
// value is for those that come from the gate.
type Urgency int8

// The degrees of urgency, most urgent first.
const (
	// Unseen: somebody waits, and nobody has ever seen an answer.
	Unseen Urgency = iota
	// Seen: somebody waits, and an old answer is at hand.
	Seen
	// Refresh: somebody was given an old answer, and may be given a newer one
	// the next time.
	Refresh
	// Prewarm: nobody has asked yet.
	Prewarm
)
