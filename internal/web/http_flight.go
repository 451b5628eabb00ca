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
	readers      map[*byte]int // by the first byte of a piece
}

// minHeld is the size in bytes of the smallest piece that counts: most of a smaller one is
// in the connection's buffers at once.
const minHeld = 64 << 10

func newFlight(most int) *flight { return &flight{most: most, readers: map[*byte]int{}} }

// hold counts the pieces of an answer until release is called, or refuses it.
func (f *flight) hold(pieces [][]byte, public bool) (release func(), err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	added := 0
	for _, p := range pieces {
		if len(p) >= minHeld && f.readers[&p[0]] == 0 {
			added += len(p)
		}
	}
	if added > 0 && (f.held+added > f.most || public && f.public+added > f.most/2) {
		e := report.Errorf(report.Unavailable, "Too many large answers are being sent. Try again in a second, or ask for fewer rows.")
		e.RetryAfter = time.Second
		return nil, e
	}
	owned := 0
	if public {
		owned = added
	}
	f.held, f.public = f.held+added, f.public+owned
	for _, p := range pieces {
		if len(p) >= minHeld {
			f.readers[&p[0]]++
		}
	}
	return func() { f.release(pieces, owned) }, nil
}

func (f *flight) release(pieces [][]byte, owned int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.public -= owned
	for _, p := range pieces {
		if len(p) < minHeld {
			continue
		}
		if f.readers[&p[0]]--; f.readers[&p[0]] == 0 {
			delete(f.readers, &p[0])
			f.held -= len(p)
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
