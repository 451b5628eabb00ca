package audit

import (
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

const (
	// maxText bounds a text in a line, in bytes, and maxList the texts in a list. The
	// bounds of fields are closer, for anybody can request them. All are more than an
	// allowed request needs, and less than a refused one may hold.
	maxText   = 200
	maxList   = 50
	maxName   = 80
	maxFields = 20
	// timestamp is RFC 3339 with milliseconds, in UTC.
	timestamp = "2006-01-02T15:04:05.000Z"
)

// outcomes of requests.
const (
	done    = "ok"
	refused = "refused" // by us
	failed  = "failed"
)

// A line is the members of a JSON object, without number and hash.
type line []byte

// newLine appends the members that every line has to b.
func newLine(b []byte, at time.Time, event string) line {
	b = append(b, `"time":"`...)
	l := line(at.UTC().AppendFormat(b, timestamp))
	l = append(l, '"')
	l.text("event", event)
	return l
}

func (l *line) key(name string) {
	*l = append(append(append(*l, ',', '"'), name...), '"', ':')
}

// text appends a member, unless it is empty.
func (l *line) text(name, value string) {
	if value != "" {
		l.key(name)
		l.quote(value, maxText)
	}
}

// texts appends a list, unless it is empty.
func (l *line) texts(name string, values []string) {
	for i, v := range values[:min(len(values), maxList)] {
		l.item(name, i)
		l.quote(v, maxText)
	}
	l.endList(len(values))
}

// item begins the i-th item of a list.
func (l *line) item(name string, i int) {
	if i > 0 {
		*l = append(*l, ',')
		return
	}
	l.key(name)
	*l = append(*l, '[')
}

// endList ends a list of n items; of none, it was not begun.
func (l *line) endList(n int) {
	if n > 0 {
		*l = append(*l, ']')
	}
}

func (l *line) number(name string, n uint64) {
	l.key(name)
	*l = strconv.AppendUint(*l, n, 10)
}

// flag appends a member that is true, and nothing for false.
func (l *line) flag(name string, set bool) {
	if set {
		l.key(name)
		*l = append(*l, "true"...)
	}
}

// sender appends who sent a request.
func (l *line) sender(a policy.Requester, addresses bool, host, key, session, subject, origin string) {
	l.text("request", a.Request)
	if addresses && a.Address.IsValid() {
		l.key("address")
		*l = append(a.Address.AppendTo(append(*l, '"')), '"')
	}
	l.text("host", host)
	l.text("key", key)
	l.text("session", session)
	l.text("subject", subject)
	l.text("origin", origin)
}

// quote appends s as a JSON string of at most limit bytes, with credentials redacted,
// which some clients send in the place of a name. It escapes more than JSON requires:
// trails are read on terminals too.
func (l *line) quote(s string, limit int) {
	b, s := append(*l, '"'), report.RedactCredentials(s)
	truncated := len(s) > limit
	if truncated {
		s = s[:limit]
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
		b = appendEscaped(append(b, s[done:i]...), r)
		i += size
		done = i
	}
	b = append(b, s[done:]...)
	if truncated {
		b = append(b, "…"...)
	}
	*l = append(b, '"')
}

const digits = "0123456789abcdef"

// appendEscaped appends the escape sequence of a character; invalid UTF-8 is U+FFFD.
func appendEscaped(b []byte, r rune) []byte {
	switch {
	case r == '"' || r == '\\':
		return append(b, '\\', byte(r))
	case r == utf8.RuneError:
		return append(b, "\ufffd"...)
	}
	return append(b, '\\', 'u', '0', '0', digits[r>>4&0xf], digits[r&0xf])
}
