package web

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
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
	// rest is the last piece when others get it too, behind pieces of their own.
	rest *shared
}

// made is an answer that was made for one asker.
func made(pieces ...[]byte) body { return body{pieces: pieces} }

// lasting is an answer that others get too.
func lasting(b []byte) body { return body{pieces: [][]byte{b}, lasts: true} }

// ending is an answer of which only the beginning was made for one asker. That is
// short, and ends where compression loses nothing.
func ending(own []byte, rest *shared) body {
	return body{pieces: [][]byte{own, rest.plain}, rest: rest}
}

// shared is the end of answers to several askers: its bytes never change.
type shared struct {
	plain []byte
	mu    sync.Mutex
	gzip  []byte // plain as a gzip file; nil until somebody wants it
}

func (s *shared) packed(p *packer) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gzip == nil {
		s.gzip = p.quick(made(s.plain))
	}
	return s.gzip
}

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
	switch {
	case b.rest != nil:
		return spliced(b.pieces[0], b.rest.plain, b.rest.packed(p))
	case !b.lasts:
		return p.quick(b)
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

func (p *packer) quick(b body) []byte {
	w := p.fast.Get().(*gzip.Writer)
	defer p.fast.Put(w)
	return gzipped(w, b)
}

// What a gzip file has around its deflated blocks, in bytes: a header without
// names, and the checksum and length of what it holds (RFC 1952, section 2.3).
const (
	gzipHead = 10
	gzipTail = 8
	// maxStored is the longest block that is not compressed (RFC 1951, section 3.2.4).
	maxStored = 1<<16 - 1
)

// spliced returns a gzip file of own, which is put in as it is, and rest, whose own
// gzip file is given: one file, since browsers read no second one behind the first.
func spliced(own, rest, file []byte) []byte {
	const blockHead = 5
	out := make([]byte, 0, len(file)+len(own)+blockHead*(1+len(own)/maxStored))
	out = append(out, file[:gzipHead]...)
	for block := range slices.Chunk(own, maxStored) {
		length := uint16(len(block))
		out = append(out, 0) // not the last block, stored, and on from the next byte
		out = binary.LittleEndian.AppendUint16(out, length)
		out = binary.LittleEndian.AppendUint16(out, ^length)
		out = append(out, block...)
	}
	out = append(out, file[gzipHead:len(file)-gzipTail]...)
	out = binary.LittleEndian.AppendUint32(out, crc32.Update(crc32.ChecksumIEEE(own), crc32.IEEETable, rest))
	return binary.LittleEndian.AppendUint32(out, uint32(len(own)+len(rest)))
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
