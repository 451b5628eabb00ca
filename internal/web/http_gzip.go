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

// minGzip is the size in bytes of the smallest response that is compressed: less fits
// into one packet anyway.
const minGzip = 1024

// A body is a response body, in pieces.
type body struct {
	pieces [][]byte
	// compressed returns the cached gzip form; nil for a body of one response.
	compressed func(*gzipPools) []byte
}

// privateBody returns the body of a single response.
func privateBody(pieces ...[]byte) body { return body{pieces: pieces} }

// bodyOfReport returns a report's body, whose gzip form is cached with the report.
func bodyOfReport(r *report.Report) body {
	return body{pieces: [][]byte{r.Body}, compressed: func(p *gzipPools) []byte { return r.Compressed(p.small) }}
}

// partialBody returns a body whose head belongs to one response and whose rest is shared.
// The head is short, and ends where compression loses nothing.
func partialBody(head []byte, rest *sharedBody) body {
	return body{pieces: [][]byte{head, rest.plain}, compressed: func(p *gzipPools) []byte {
		return spliceGzip(head, rest.plain, rest.compressed(p.quick))
	}}
}

// A sharedBody is a body, or the rest of one, that several responses share. It is immutable.
type sharedBody struct {
	plain []byte
	mu    sync.Mutex
	gzip  []byte // of plain; nil until first needed
}

func (s *sharedBody) body() body {
	return body{pieces: [][]byte{s.plain}, compressed: func(p *gzipPools) []byte { return s.compressed(p.small) }}
}

func (s *sharedBody) compressed(compress func([]byte) []byte) []byte {
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

// gzipPools hold gzip writers, each hundreds of kilobytes: good ones for what is cached,
// fast ones for a single response. A nil one is made when it is first needed; while all are
// in use, a body waits.
type gzipPools struct{ good, fast chan *gzip.Writer }

func newGzipPools(encoders int) *gzipPools {
	p := &gzipPools{make(chan *gzip.Writer, encoders), make(chan *gzip.Writer, encoders)}
	for range encoders {
		p.good <- nil
		p.fast <- nil
	}
	return p
}

// EncoderBytes is roughly the memory of a gzip writer.
const EncoderBytes = 1 << 20

func newGzip(level int) *gzip.Writer {
	w, err := gzip.NewWriterLevel(io.Discard, level)
	if err != nil {
		panic(err) // the level is a valid constant
	}
	return w
}

// gzip returns the compressed form of a body, which is not empty.
func (p *gzipPools) gzip(b body) []byte {
	if b.compressed != nil {
		return b.compressed(p)
	}
	return gzipWith(p.fast, gzip.BestSpeed, b)
}

func (p *gzipPools) small(plain []byte) []byte {
	return bytes.Clone(gzipWith(p.good, gzip.DefaultCompression, privateBody(plain)))
}
func (p *gzipPools) quick(plain []byte) []byte {
	return gzipWith(p.fast, gzip.BestSpeed, privateBody(plain))
}

func gzipWith(writers chan *gzip.Writer, level int, b body) []byte {
	w := <-writers
	if w == nil {
		w = newGzip(level)
	}
	defer func() { writers <- w }()
	out := bytes.NewBuffer(make([]byte, 0, b.size()/8))
	w.Reset(out)
	for _, p := range b.pieces {
		_, _ = w.Write(p) // a bytes.Buffer accepts everything
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// Sizes in bytes of a gzip file (RFC 1952, section 2.3) and of a deflate block that is
// stored (RFC 1951, section 3.2.4).
const (
	gzipHeader  = 10 // without names
	gzipTrailer = 8  // checksum and length
	blockHeader = 5
	maxStored   = 1<<16 - 1
)

// spliceGzip returns one gzip file of head, stored, and rest, whose gzip file is given:
// browsers do not read a second file behind the first.
func spliceGzip(head, rest, file []byte) []byte {
	out := make([]byte, 0, len(file)+len(head)+blockHeader*(1+len(head)/maxStored))
	out = append(out, file[:gzipHeader]...)
	for block := range slices.Chunk(head, maxStored) {
		length := uint16(len(block))
		out = append(out, 0) // a stored block that is not the last
		out = binary.LittleEndian.AppendUint16(out, length)
		out = binary.LittleEndian.AppendUint16(out, ^length)
		out = append(out, block...)
	}
	out = append(out, file[gzipHeader:len(file)-gzipTrailer]...)
	out = binary.LittleEndian.AppendUint32(out, crc32.Update(crc32.ChecksumIEEE(head), crc32.IEEETable, rest))
	return binary.LittleEndian.AppendUint32(out, uint32(len(head)+len(rest)))
}
