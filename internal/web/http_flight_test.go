package web

import (
	"bytes"
	"testing"
)

// Readers of one answer hold it once, whoever they are; different answers add up to the
// bound, of which anonymous visitors have half.
func TestBytesInFlight(t *testing.T) {
	const size = 1 << 20
	f := newFlight(8 * size)
	answer := func() [][]byte { return [][]byte{[]byte("{"), bytes.Repeat([]byte("x"), size)} }
	var releases []func()
	hold := func(pieces [][]byte, public bool) bool {
		release, err := f.hold(pieces, public)
		if err == nil {
			releases = append(releases, release)
		}
		return err == nil
	}
	shared := answer()
	for range 40 {
		if !hold(shared, true) {
			t.Fatal("a reader of the same answer is refused")
		}
	}
	if f.held != size {
		t.Errorf("40 readers hold %d bytes", f.held)
	}
	count := func(public bool) (held int) {
		for range 40 {
			if hold(answer(), public) {
				held++
			}
		}
		return held
	}
	if public, hosts := count(true), count(false); public != 3 || hosts != 4 || f.held != 8*size {
		t.Errorf("%d of anonymous visitors, %d of hosts, %d bytes", public, hosts, f.held)
	}
	for _, release := range releases {
		release()
	}
	if f.held != 0 || f.public != 0 || len(f.pieces) != 0 {
		t.Errorf("afterwards %d, %d, %d", f.held, f.public, len(f.pieces))
	}
}

// What an anonymous visitor still reads counts as the public's, also when another began to read it
// first and has ended.
func TestTheLastPublicReaderCounts(t *testing.T) {
	const size = 1 << 20
	f := newFlight(8 * size)
	for range 4 {
		answer := [][]byte{bytes.Repeat([]byte("x"), size)}
		first, err := f.hold(answer, true)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.hold(answer, true); err != nil {
			t.Fatal(err)
		}
		first()
	}
	another := [][]byte{bytes.Repeat([]byte("x"), size)}
	if _, err := f.hold(another, true); err == nil || f.public != 4*size {
		t.Errorf("the public holds %d bytes, and more is allowed: %v", f.public, err)
	}
	if _, err := f.hold(another, false); err != nil {
		t.Errorf("a host: %v", err)
	}
}

// An answer for which there is no room is refused, and one that was written has left.
func TestBytesInFlightAreReleased(t *testing.T) {
	s := newSite(t)
	s.big(4 * minHeld)
	token := bearing(s.token("shop"))
	for range 3 {
		if a := s.do("POST", "/v1/views/shop:runReport", runReport, token); a.code != 200 {
			t.Fatalf("%d %.200s", a.code, a.body)
		}
	}
	s.server.flight.most = minHeld
	if a := s.do("POST", "/v1/views/shop:runReport", runReport, token); a.code != 503 || a.header.Get("Retry-After") != "1" {
		t.Errorf("no room: %d %.200s", a.code, a.body)
	}
}
