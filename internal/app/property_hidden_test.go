package app

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator/world"
)

// hostileNow is the fixed clock of both servers, so that the moment of a request
// makes no difference.
var hostileNow = time.Date(2026, time.September, 14, 15, 30, 0, 0, time.UTC)

// TestNothingHiddenLeaks sends hostile requests under random grants to two servers.
// Their worlds differ only in what the grant hides: in one of them the rows behind
// the view's filter, behind the token's filter, before the view's history, and of a
// view that the token does not name never happened, and denied fields have other
// values. Every answer, refusals included, must be the same byte for byte: then no
// hidden row is shown, and nothing about hidden data can be inferred. Now and then a
// caller who may see everything asks the same query first, to expose a cache that
// confuses the two.
func TestNothingHiddenLeaks(t *testing.T) {
	queries := hiddenQueries.of(t)
	past, err := world.New(world.Config{Seed: 11, Now: hostileNow, Days: 30, Events: 60_000})
	must(t, err)
	tally := map[string]int{}
	const perGrant = 50
	for i := 0; i*perGrant < queries; i++ {
		r := rand.New(rand.NewPCG(5, uint64(i)))
		g := newHostileGrant(r, past)
		two := g.servers(t, past)
		for range perGrant {
			q := g.ask()
			if r.IntN(4) == 0 { // a cache must not take the one for the other
				two[0].wide(q)
				two[1].wide(q)
			}
			a, b := two[0].answer(q), two[1].answer(q)
			tally[fmt.Sprintf("%s %d", q.form, a.status)]++
			if difference := a.differs(b); difference != "" {
				t.Fatalf("grant %d: %s\n%s %s\n%s\nall     %d %.1500s\nwithout %d %.1500s\ntoken for %s\n%s", i, difference,
					q.method, q.path, q.body, a.status, a.body, b.status, b.body, g.tokenRequest(), g.config("", ""))
			}
		}
		two[0].close(t)
		two[1].close(t)
	}
	t.Logf("%v", tally)
	for _, form := range hostileForms {
		if tally[form+" 200"] < queries/200 {
			t.Errorf("%s was answered %d times only: too few to prove anything", form, tally[form+" 200"])
		}
	}
	if tally["report 400"] < queries/50 {
		t.Errorf("%d reports were refused: the queries are not hostile", tally["report 400"])
	}
}

// A response is what an adversary can compare.
type response struct {
	status int
	header http.Header
	body   []byte
}

// differs describes the first difference of two responses; "" for none.
func (a response) differs(b response) string {
	switch {
	case a.status != b.status:
		return "the status differs"
	case !bytes.Equal(a.body, b.body):
		return "the body differs"
	case !reflect.DeepEqual(a.header, b.header):
		return fmt.Sprintf("the headers differ: %v and %v", a.header, b.header)
	}
	return ""
}
