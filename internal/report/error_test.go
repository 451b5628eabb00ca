package report

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestAsError(t *testing.T) {
	quota := Errorf(Quota, "later")
	for _, test := range []struct {
		err  error
		kind Kind
	}{
		{quota, Quota},
		{fmt.Errorf("asking: %w", quota), Quota},
		{context.Canceled, Canceled},
		{fmt.Errorf("asking: %w", context.DeadlineExceeded), Canceled},
		{errors.New("secret detail"), Internal},
	} {
		e := AsError(test.err)
		if e.Kind != test.kind || KindOf(test.err) != test.kind {
			t.Errorf("%v: %v, want %v", test.err, e.Kind, test.kind)
		}
		if strings.Contains(e.Message, "secret") || !strings.HasSuffix(e.Message, "later") && !strings.HasSuffix(e.Message, ".") {
			t.Errorf("%v: the requester reads %q", test.err, e.Message)
		}
		if !errors.Is(e, test.err) && !errors.Is(test.err, e) {
			t.Errorf("%v: the cause is lost", test.err)
		}
	}
	if AsError(nil) != nil {
		t.Error("no error became one")
	}
}

func TestErrorHasMessageAndCause(t *testing.T) {
	cause := errors.New("cause")
	e := Errorf(Unavailable, "It failed %d times", 3)
	if e.Error() != "It failed 3 times" {
		t.Errorf("got %q", e.Error())
	}
	if e = e.Because(cause); e.Error() != "It failed 3 times: cause" || !errors.Is(e, cause) {
		t.Errorf("got %q", e.Error())
	}
}

func TestKindsHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for k := Internal; k <= Canceled; k++ {
		if s := k.String(); seen[s] || strings.HasPrefix(s, "Kind(") {
			t.Errorf("kind %d is called %q", k, s)
		}
		seen[k.String()] = true
	}
	if got := Kind(99).String(); got != "Kind(99)" {
		t.Errorf("an unknown kind is called %q", got)
	}
}
func TestTruncate(t *testing.T) {
	long := strings.Repeat("é", 200)
	for s, want := range map[string]string{
		"shop": "shop", long: strings.Repeat("é", 50) + "…",
		"key=AIzaSy" + strings.Repeat("k", 33): "key=AIzaSykkkkkk…", "oriel_" + strings.Repeat("k", 51): "oriel_kkkkkk…", "eyJhbGciOiJIUzI1NiJ9.e30.x": "eyJhbGciOiJI…", "ya29.abcdefghijk": "ya29.abcdefg…",
		"Bearer oriel_" + strings.Repeat("k", 51) + " and more": "Bearer oriel_kkkkkk… and more", "Bearerya29.abcdefghijk,x": "Bearerya29.abcdefg…,x",
		"customEvent:oriel_the_longest_name_of_a_parameter_40": "customEvent:oriel_the_longest_name_of_a_parameter_40", "surveyJoinedAgainSomehow": "surveyJoinedAgainSomehow",
		"BearereyJhbGciOiJIUzI1NiJ9.e30.x": "BearereyJhbGciOiJI…",
	} {
		if got := Truncate(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}
