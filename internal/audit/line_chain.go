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
	tail     = len(closing) + hashSize + len(`"}`) // bytes at the end of a line
)

// noHash is the hash before the first line of a trail.
var noHash = hexHash(bytes.Repeat([]byte{'0'}, hashSize))

type hexHash [hashSize]byte

// A chain is the position in a trail: its last line.
type chain struct {
	seq  uint64
	hash hexHash
}

// link appends body as the next line. Its hash is the SHA-256 of the previous hash, as
// it is written, and the line without its own hash.
func (c *chain) link(out, body []byte, sum hash.Hash) []byte {
	start := len(out)
	c.seq++
	out = strconv.AppendUint(append(out, opening...), c.seq, 10)
	out = append(append(append(out, ','), body...), '}')
	sum.Reset()
	sum.Write(c.hash[:])
	sum.Write(out[start:])
	end := len(out) - 1 // at the brace
	out = append(sum.Sum(out), "                                "...)
	hex.Encode(c.hash[:], out[end+1:end+1+sha256.Size])
	out = append(append(out[:end], closing...), c.hash[:]...)
	return append(out, '"', '}', '\n')
}

// A chained line has the form of a trail's; follows checks its hash.
type chainedLine struct {
	seq  uint64
	line []byte // without the hash, and without the brace that ends it
	hash hexHash
}

// parse reads a line, without its newline.
func parse(line []byte) (s chainedLine, ok bool) {
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

// follows reports whether the hash of the line is right after prev.
func (s chainedLine) follows(prev hexHash, sum hash.Hash) bool {
	sum.Reset()
	sum.Write(prev[:])
	sum.Write(s.line)
	sum.Write([]byte{'}'})
	var want hexHash
	hex.Encode(want[:], sum.Sum(nil))
	return want == s.hash
}

// isHash reports whether text has the form of a hash.
func isHash(text []byte) bool {
	return len(text) == hashSize && len(bytes.Trim(text, digits)) == 0
}
