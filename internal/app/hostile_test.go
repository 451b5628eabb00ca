package app

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator/world"
)

// hostileQuestions is how many questions TestNothingHiddenIsTold asks;
// ORIEL_HOSTILE=100000 asks more.
func hostileQuestions(t *testing.T) int {
	n := 1500
	if testing.Short() {
		n = 600
	}
	if s := os.Getenv("ORIEL_HOSTILE"); s != "" {
		var err error
		n, err = strconv.Atoi(s)
		must(t, err)
	}
	return n
}

// hostileNow is when all of it happens: what is asked of one server and a moment
// later of the other is asked at the same time.
var hostileNow = time.Date(2026, time.September, 14, 15, 30, 0, 0, time.UTC)

// TestNothingHiddenIsTold asks hostile questions under random grants of two
// servers. Their worlds are the same but for what the grant hides: in one of them
// the rows behind the view's filter, behind the token's, before the view's
// history, and of a view that the token does not name, never happened, and the
// fields that may not be named have other values. Whatever is asked, both give the
// same answer, byte for byte, refusals included. So no row is told that the
// filters hide, for one of the servers has none, and nothing can be found out
// about the rest. Now and then somebody who may see everything has asked the same
// just before.
func TestNothingHiddenIsTold(t *testing.T) {
	questions := hostileQuestions(t)
	past, err := world.New(world.Config{Seed: 11, Now: hostileNow, Days: 30, Events: 60_000})
	must(t, err)
	tally := map[string]int{}
	const perGrant = 50
	for i := 0; i*perGrant < questions; i++ {
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
				t.Fatalf("grant %d: %s\n%s %s\n%s\ntold    %d %.1500s\nhidden  %d %.1500s\ntoken for %s\n%s", i, difference,
					q.method, q.path, q.body, a.status, a.body, b.status, b.body, g.tokenRequest(), g.config("", ""))
			}
		}
		two[0].close(t)
		two[1].close(t)
	}
	t.Logf("%v", tally)
	for _, form := range hostileForms {
		if tally[form+" 200"] < questions/200 {
			t.Errorf("%s was answered %d times only: the test shows nothing about it", form, tally[form+" 200"])
		}
	}
	if tally["report 400"] < questions/50 {
		t.Errorf("%d reports were refused: the questions are not hostile", tally["report 400"])
	}
}

// A told is an answer, as far as it may say anything.
type told struct {
	status int
	header http.Header
	body   []byte
}

// differs says in what two answers differ; "" when in nothing.
func (a told) differs(b told) string {
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
