package audit

import (
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/oriel-server/oriel/internal/report"
)

const (
	// maxText bounds a text within a line, in bytes; maxList the texts in a list.
	// Fields are asked for by anybody, so their bounds are closer. All are more than
	// what is allowed needs, and less than what is refused may hold.
	maxText   = 200
	maxList   = 50
	maxName   = 80
	maxFields = 20
	// stamp is RFC 3339 with milliseconds, in UTC.
	stamp = "2006-01-02T15:04:05.000Z"
)

// begin appends the members that every line has.
func begin(b []byte, at time.Time, event string) []byte {
	b = append(b, `"time":"`...)
	b = at.UTC().AppendFormat(b, stamp)
	return text(append(b, '"'), "event", event)
}

func key(b []byte, name string) []byte {
	b = append(append(b, ',', '"'), name...)
	return append(b, '"', ':')
}

// text appends a member; an empty one is left out.
func text(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return quoted(key(b, name), value, maxText)
}

// texts appends a list; an empty one is left out.
func texts(b []byte, name string, values []string) []byte {
	for i, v := range values[:min(len(values), maxList)] {
		b = quoted(item(b, name, i), v, maxText)
	}
	return end(b, len(values))
}

// item begins the i-th of a list's members.
func item(b []byte, name string, i int) []byte {
	if i > 0 {
		return append(b, ',')
	}
	return append(key(b, name), '[')
}

// end ends a list of n, if it was begun.
func end(b []byte, n int) []byte {
	if n == 0 {
		return b
	}
	return append(b, ']')
}

func number(b []byte, name string, n uint64) []byte {
	return strconv.AppendUint(key(b, name), n, 10)
}

// truth appends a member that is true; a false one is left out.
func truth(b []byte, name string, is bool) []byte {
	if !is {
		return b
	}
	return append(key(b, name), "true"...)
}

// quoted appends s as JSON, cut to so many bytes, with credentials hidden: some stand in
// the place of a name. Escaped is more than JSON asks for:
// a trail is read on terminals too.
func quoted(b []byte, s string, most int) []byte {
	b, s = append(b, '"'), report.RedactCredentials(s)
	cut := len(s) > most
	if cut {
		s = s[:most]
	}
	done := 0
	for i := 0; i < len(s); {
		if s[i] >= ' ' && s[i] < 0x7f && s[i] != '"' && s[i] != '\\' {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r >= 0xa0 && (r != utf8.RuneError || size > 1) {
			i += size
			continue
		}
		b = escaped(append(b, s[done:i]...), r)
		i += size
		done = i
	}
	b = append(b, s[done:]...)
	if cut {
		b = append(b, "…"...)
	}
	return append(b, '"')
}

const digits = "0123456789abcdef"

// escaped appends a character that must not stand for itself; what is no UTF-8
// is U+FFFD.
func escaped(b []byte, r rune) []byte {
	switch {
	case r == '"' || r == '\\':
		return append(b, '\\', byte(r))
	case r == utf8.RuneError:
		return append(b, "\ufffd"...)
	}
	return append(b, '\\', 'u', '0', '0', digits[r>>4&0xf], digits[r&0xf])
}
