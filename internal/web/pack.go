package web

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"unsafe"

	"github.com/klauspost/compress/gzip"
	"github.com/maypok86/otter/v2"
)

const (
	// minCompressed is the size in bytes of the smallest answer worth
	// compressing: less fits into one packet anyway.
	minCompressed = 1024
	// maxPacked bounds the memory for compressed answers, in bytes. The plain ones
	// count: remembering the one keeps the other from being freed.
	maxPacked = 64 << 20
)

// A body is an answer, in pieces. One that lasts is in one piece, and is served
// again and again: its bytes never change.
type body struct {
	pieces [][]byte
	lasts  bool
}

// made is an answer that was made for one asker.
func made(pieces ...[]byte) body { return body{pieces, false} }

// lasting is an answer that others get too.
func lasting(b []byte) body { return body{[][]byte{b}, true} }

func (b body) size() int {
	n := 0
	for _, p := range b.pieces {
		n += len(p)
	}
	return n
}

func (b body) join() []byte {
	if len(b.pieces) == 1 {
		return b.pieces[0]
	}
	return bytes.Join(b.pieces, nil)
}

// A packer compresses answers, one that lasts once. It is found again by where
// its bytes lie, which nothing else takes while it is remembered.
type packer struct {
	kept *otter.Cache[*byte, packed]
	fast sync.Pool // of *gzip.Writer, for answers that are made for one asker
}

type packed struct {
	plain int // length
	gzip  []byte
}

func newPacker() (*packer, error) {
	kept, err := otter.New(&otter.Options[*byte, packed]{
		MaximumWeight: maxPacked,
		Weigher: func(_ *byte, p packed) uint32 {
			const overhead = 128
			return uint32(overhead + p.plain + len(p.gzip))
		},
	})
	if err != nil {
		return nil, fmt.Errorf("web: the memory of compressed answers: %w", err)
	}
	return &packer{kept: kept, fast: sync.Pool{New: func() any { return newGzip(gzip.BestSpeed) }}}, nil
}

func newGzip(level int) *gzip.Writer {
	w, err := gzip.NewWriterLevel(io.Discard, level)
	if err != nil {
		panic(err) // the levels are constants that exist
	}
	return w
}

// gzip returns the compressed form of an answer, which is not empty.
func (p *packer) gzip(b body) []byte {
	if !b.lasts {
		w := p.fast.Get().(*gzip.Writer)
		defer p.fast.Put(w)
		return gzipped(w, b)
	}
	plain := b.pieces[0]
	at := unsafe.SliceData(plain)
	if known, ok := p.kept.GetIfPresent(at); ok && known.plain == len(plain) {
		return known.gzip
	}
	small := bytes.Clone(gzipped(newGzip(gzip.DefaultCompression), b))
	p.kept.Set(at, packed{len(plain), small})
	return small
}

func gzipped(w *gzip.Writer, b body) []byte {
	out := bytes.NewBuffer(make([]byte, 0, b.size()/4))
	w.Reset(out)
	for _, p := range b.pieces {
		if _, err := w.Write(p); err != nil {
			panic(err) // a buffer takes everything
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}
