package app

import (
	"os"
	"strconv"
	"testing"
)

// A propertySize is how much a property test tries: short in CI and while working, full
// on demand (make properties).
type propertySize struct{ short, full int }

// Sizes of the property tests. The short ones are about twice of what catches each rule of
// the table in CONTRIBUTING when it is loosened.
var (
	pipelineQueries = propertySize{short: 400, full: 1500}  // TestPipelineIsExact
	planRounds      = propertySize{short: 200, full: 500}   // TestPlanIsExact: three queries each
	hiddenQueries   = propertySize{short: 600, full: 1500}  // TestNothingHiddenLeaks
	restartViews    = propertySize{short: 200, full: 1_000} // TestRestartOfManyViews
)

// propertyEnv selects the full size ("full"), or a multiple of it (a number).
const propertyEnv = "ORIEL_PROPERTIES"

// of returns the size to run.
func (s propertySize) of(t *testing.T) int {
	t.Helper()
	switch v := os.Getenv(propertyEnv); v {
	case "":
		return s.short
	case "full":
		return s.full
	default:
		times, err := strconv.Atoi(v)
		must(t, err)
		return times * s.full
	}
}
