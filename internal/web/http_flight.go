package web

import (
	"net/http"
	"sync"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// A flight bounds the bytes of large answers that are being written, so that slow readers
// hold no more memory. Bytes that several answers share count once.
type flight struct {
	most int // half of it for anonymous visitors

	mu           sync.Mutex
	held, public int
	pieces       map[*byte]*piece // by its first byte
}

// A piece is part of answers that are being written. It counts for anonymous visitors while one
// of them reads it.
type piece struct{ readers, public int }

// minHeld is the size in bytes of the smallest piece that counts: most of a smaller one is
// in the connection's buffers at once.
const minHeld = 64 << 10

func newFlight(most int) *flight { return &flight{most: most, pieces: map[*byte]*piece{}} }

// hold counts the pieces of an answer until release is called, or refuses it.
func (f *flight) hold(pieces [][]byte, public bool) (release func(), err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	added, addedPublic := 0, 0
	for _, text := range pieces {
		if len(text) < minHeld {
			continue
		}
		p := f.pieces[&text[0]]
		if p == nil {
			added += len(text)
		}
		if public && (p == nil || p.public == 0) {
			addedPublic += len(text)
		}
	}
	if added > 0 && f.held+added > f.most || addedPublic > 0 && f.public+addedPublic > f.most/2 {
		e := report.Errorf(report.Unavailable, "Too many large answers are being sent. Try again in a second, or ask for fewer rows.")
		e.RetryAfter = time.Second
		return nil, e
	}
	f.count(pieces, public, 1)
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.count(pieces, public, -1)
	}, nil
}

// count adds a reader of pieces, or takes one away. The lock is held.
func (f *flight) count(pieces [][]byte, public bool, n int) {
	for _, text := range pieces {
		if len(text) < minHeld {
			continue
		}
		p := f.pieces[&text[0]]
		if p == nil {
			p = &piece{}
			f.pieces[&text[0]] = p
			f.held += len(text)
		}
		if public {
			if p.public == 0 {
				f.public += len(text)
			}
			if p.public += n; p.public == 0 {
				f.public -= len(text)
			}
		}
		if p.readers += n; p.readers == 0 {
			delete(f.pieces, &text[0])
			f.held -= len(text)
		}
	}
}

// A heldReply is a reply whose bytes are counted until it is written.
type heldReply struct {
	reply
	release func()
}

func (h heldReply) write(s *Server, w http.ResponseWriter, r *http.Request) {
	defer h.release()
	h.reply.write(s, w, r)
}

// hold has the bytes of a reply with data counted until it is written.
func (s *Server) hold(answer reply, public bool) (reply, error) {
	var pieces [][]byte
	switch a := answer.(type) {
	case dataReply:
		pieces = a.body.pieces
	case dashboardReply:
		pieces = a.body.pieces
	case exportReply:
		pieces = [][]byte{a.file}
	}
	if answer.size() < minHeld || pieces == nil {
		return answer, nil
	}
	release, err := s.flight.hold(pieces, public)
	if err != nil {
		return nil, err
	}
	return heldReply{answer, release}, nil
}
