package report

import (
	"strings"
	"testing"
)

func TestBrief(t *testing.T) {
	long := strings.Repeat("é", 200)
	for s, want := range map[string]string{
		"shop": "shop", long: strings.Repeat("é", 50) + "…",
		"key=AIzaSy" + strings.Repeat("k", 33): "key=AIzaSykkkkkk…", "oriel_" + strings.Repeat("k", 51): "oriel_kkkkkk…", "eyJhbGciOiJIUzI1NiJ9.e30.x": "eyJhbGciOiJI…", "ya29.abcdefghijk": "ya29.abcdefg…",
		"Bearer oriel_" + strings.Repeat("k", 51) + " and more": "Bearer oriel_kkkkkk… and more", "Bearerya29.abcdefghijk,x": "Bearerya29.abcdefg…,x",
		"customEvent:oriel_the_longest_name_of_a_parameter_40": "customEvent:oriel_the_longest_name_of_a_parameter_40", "surveyJoinedAgainSomehow": "surveyJoinedAgainSomehow",
		"BearereyJhbGciOiJIUzI1NiJ9.e30.x": "BearereyJhbGciOiJI…",
	} {
		if got := Brief(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}
