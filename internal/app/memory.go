package app

import (
	"os"
	"runtime/debug"
)

const (
	// gcPercent lets garbage grow to twice what is kept before it is collected:
	// answers are made of little else, and half the collections are half the work.
	gcPercent = 200
	// otherCachesLimit is the upper bound of all other caches, in bytes: of
	// questions, tokens, limits, and of answers in other forms.
	otherCachesLimit = 400 << 20
)

// TuneCollector trades memory for time, for the whole process: a main calls it
// before New. With full memories the process takes no more than it would with Go's
// own setting. GOGC and GOMEMLIMIT in the environment go before it.
func (c *Config) TuneCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(2 * (int64(c.Cache.MaxMB)<<20 + otherCachesLimit))
	}
}
