package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strconv"
)

const (
	hashSize = 2 * sha256.Size // in hexadecimal
	opening  = `{"seq":`
	closing  = `,"hash":"`
	// tail is how many bytes of a line are the hash, with what stands around it.
	tail = len(closing) + hashSize + len(`"}`)
)

// none is the hash before the first line of all.
var none = hexHash(bytes.Repeat([]byte{'0'}, hashSize))

type hexHash [hashSize]byte

// A chain is where a trail stands: its last line.
type chain struct {
	seq  uint64
	hash hexHash
}

// link appends body as the next line. The hash is the SHA-256 of the hash before,
// as it is written, and the line without its own.
func (c *chain) link(out, body []byte, sum hash.Hash) []byte {
	start := len(out)
	c.seq++
	out = strconv.AppendUint(append(out, opening...), c.seq, 10)
	out = append(append(append(out, ','), body...), '}')
	sum.Reset()
	sum.Write(c.hash[:])
	sum.Write(out[start:])
	end := len(out) - 1 // where the brace is
	out = append(sum.Sum(out), "                                "...)
	hex.Encode(c.hash[:], out[end+1:end+1+sha256.Size])
	out = append(append(out[:end], closing...), c.hash[:]...)
	return append(out, '"', '}', '\n')
}

// A sealed line is one that has the form of a trail's; whether it is one, the
// hashes tell.
type sealed struct {
	seq  uint64
	line []byte // without the hash, and without the brace that ends it
	hash hexHash
}

// parse reads a line, without its newline.
func parse(line []byte) (s sealed, ok bool) {
	if len(line) < len(opening)+tail || !bytes.HasPrefix(line, []byte(opening)) {
		return s, false
	}
	s.line = line[:len(line)-tail]
	digits, _, comma := bytes.Cut(s.line[len(opening):], []byte{','})
	ending := line[len(s.line):]
	if !comma || !bytes.HasPrefix(ending, []byte(closing)) || !bytes.HasSuffix(ending, []byte(`"}`)) {
		return s, false
	}
	copy(s.hash[:], ending[len(closing):])
	seq, err := strconv.ParseUint(string(digits), 10, 64)
	s.seq = seq
	return s, err == nil && digits[0] != '0' && isHash(s.hash[:])
}

// follows reports whether the line is the one whose hash was made after prev.
func (s sealed) follows(prev hexHash, sum hash.Hash) bool {
	sum.Reset()
	sum.Write(prev[:])
	sum.Write(s.line)
	sum.Write([]byte{'}'})
	var made hexHash
	hex.Encode(made[:], sum.Sum(nil))
	return made == s.hash
}

// isHash reports whether text is a hash as link writes it.
func isHash(text []byte) bool {
	for _, c := range text {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(text) == hashSize
}
