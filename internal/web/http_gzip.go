package web

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/gzip"

	"github.com/oriel-server/oriel/internal/report"
)

// minCompressed is the size in bytes of the smallest answer worth compressing: less fits
// into one packet anyway.
const minCompressed = 1024

// A body is an answer, in pieces.
type body struct {
	pieces [][]byte
	// compressed returns the pieces as one gzip file that others get too; nil where it
	// is made for one client.
	compressed func(*packer) []byte
}

// made is an answer that was made for one asker.
func made(pieces ...[]byte) body { return body{pieces: pieces} }

// reported is the answer that a report is, compressed once for all who get it.
func reported(r *report.Report) body {
	return body{pieces: [][]byte{r.Body}, compressed: func(p *packer) []byte { return r.Compressed(p.small) }}
}

// ending is an answer of which only the beginning was made for one asker. That is
// short, and ends where compression loses nothing.
func ending(own []byte, rest *shared) body {
	return body{pieces: [][]byte{own, rest.plain}, compressed: func(p *packer) []byte {
		return spliced(own, rest.plain, rest.packed(p.quick))
	}}
}

// shared is an answer to several clients, or the end of such: its bytes never change.
type shared struct {
	plain []byte
	mu    sync.Mutex
	gzip  []byte // plain as a gzip file; nil until somebody wants it
}

func (s *shared) body() body {
	return body{pieces: [][]byte{s.plain}, compressed: func(p *packer) []byte { return s.packed(p.small) }}
}

func (s *shared) packed(compress func([]byte) []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gzip == nil {
		s.gzip = compress(s.plain)
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

// A packer compresses answers: those that are kept as small as they get, those that are
// made for one client fast. A writer takes hundreds of kilobytes, so they are used again.
type packer struct{ good, fast sync.Pool }

func newPacker() *packer {
	return &packer{
		good: sync.Pool{New: func() any { return newGzip(gzip.DefaultCompression) }},
		fast: sync.Pool{New: func() any { return newGzip(gzip.BestSpeed) }},
	}
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
	if b.compressed != nil {
		return b.compressed(p)
	}
	return gzipped(&p.fast, b.pieces...)
}

func (p *packer) small(plain []byte) []byte { return bytes.Clone(gzipped(&p.good, plain)) }
func (p *packer) quick(plain []byte) []byte { return gzipped(&p.fast, plain) }

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

func gzipped(writers *sync.Pool, pieces ...[]byte) []byte {
	w := writers.Get().(*gzip.Writer)
	defer writers.Put(w)
	size := 0
	for _, p := range pieces {
		size += len(p)
	}
	out := bytes.NewBuffer(make([]byte, 0, size/8))
	w.Reset(out)
	for _, p := range pieces {
		if _, err := w.Write(p); err != nil {
			panic(err) // a buffer takes everything
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}
