package ga4

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// wireMetadata is what Google says about an answer. The members that are
// documented are listed; others pass as far as redactor lets them.
//
// dataTruncationMessage is left out: free text may name what a viewer must not
// know, and type and dates say the same.
type wireMetadata struct {
	DataLossFromOtherRow      bool                   `json:"dataLossFromOtherRow,omitempty"`
	SamplingMetadatas         []wireSampling         `json:"samplingMetadatas,omitempty"`
	SchemaRestrictionResponse *wireSchemaRestriction `json:"schemaRestrictionResponse,omitempty"`
	CurrencyCode              string                 `json:"currencyCode,omitempty"`
	TimeZone                  string                 `json:"timeZone,omitempty"`
	SubjectToThresholding     bool                   `json:"subjectToThresholding,omitempty"`
	DataTruncationReasons     []wireTruncation       `json:"dataTruncationReasons,omitempty"`

	others members // that are not listed
	passed members // what of others viewers may read
}

// members are those of an object, by name, as Google wrote them.
type members map[string]json.RawMessage

// notices are what Google says that is new to us, once each: see report.Report.
type notices []string

type wireSampling struct {
	SamplesReadCount  report.Int64 `json:"samplesReadCount,omitempty"`
	SamplingSpaceSize report.Int64 `json:"samplingSpaceSize,omitempty"`
}

type wireSchemaRestriction struct {
	ActiveMetricRestrictions []wireMetricRestriction `json:"activeMetricRestrictions,omitempty"`
}

type wireMetricRestriction struct {
	MetricName            string   `json:"metricName,omitempty"`
	RestrictedMetricTypes []string `json:"restrictedMetricTypes,omitempty"`
}

type wireTruncation struct {
	DataTruncationType       string          `json:"dataTruncationType,omitempty"`
	DataTruncationDate       string          `json:"dataTruncationDate,omitempty"`
	DataTruncationDateRanges []wireDateRange `json:"dataTruncationDateRanges,omitempty"`
}

type wireDateRange struct {
	StartDate string `json:"startDate,omitempty"`
	EndDate   string `json:"endDate,omitempty"`
}

var listedMembers = []string{
	"dataLossFromOtherRow", "samplingMetadatas", "schemaRestrictionResponse", "currencyCode", "timeZone", "subjectToThresholding", "dataTruncationReasons",
}

// UnmarshalJSON reads metadata, members that are not listed too.
func (m *wireMetadata) UnmarshalJSON(b []byte) error {
	type listed wireMetadata
	if err := json.Unmarshal(b, (*listed)(m)); err != nil {
		return err
	}
	if err := json.Unmarshal(b, &m.others); err != nil {
		return err
	}
	for name := range m.others {
		// encoding/json takes a member in any case of letters.
		if slices.ContainsFunc(listedMembers, func(known string) bool { return strings.EqualFold(name, known) }) {
			delete(m.others, name)
		}
	}
	return nil
}

// MarshalJSON writes what viewers may read.
func (m *wireMetadata) MarshalJSON() ([]byte, error) {
	type listed wireMetadata
	b, err := json.Marshal((*listed)(m))
	if err != nil || len(m.passed) == 0 {
		return b, err
	}
	return append(m.passed.append(b[:len(b)-1]), '}'), nil
}

// append writes members behind others of an object.
func (m members) append(b []byte) []byte {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		b = appendMember(b, name, m[name])
	}
	return b
}

// redact decides what viewers may read of metadata, and notes what is new in it.
func (m *wireMetadata) redact(q report.Query, said *notices) {
	for i, t := range m.DataTruncationReasons {
		if !enumLike(t.DataTruncationType) {
			m.DataTruncationReasons[i].DataTruncationType = ""
		}
	}
	if restricted := m.SchemaRestrictionResponse; restricted != nil {
		said.note("schemaRestrictionResponse", restricted.types())
	}
	m.passed = m.others.redact(q, said)
}

// redact returns what viewers may read of members that are not listed, and notes those
// that say something. It keeps nothing that a filter of q names: they need not know the
// view's.
func (m members) redact(q report.Query, said *notices) (passed members) {
	if len(m) == 0 {
		return nil
	}
	passed = members{}
	r := redactor{secret: secretsOf(q)}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		r.words = nil
		whole := m[name]
		if !r.name(name) {
			name = "unknown"
		} else if value, ok := r.value(whole, 0); ok && len(passed) < maxPassed && len(value) <= maxPassedBytes {
			passed[name] = value
		}
		if !empty(whole) {
			said.note(name, r.words)
		}
	}
	return passed
}

const (
	maxPassed      = 16      // members of an answer, and of its metadata
	maxPassedBytes = 4 << 10 // of one
	maxPassedDepth = 4       // objects and arrays in each other
	maxPassedItems = 32      // of an object or an array
	maxNotices     = 8       // of an answer
	maxNoticeWords = 3       // enum values that a notice repeats
)

// note adds a notice, unless it says nothing.
func (n *notices) note(name string, words []string) {
	if name == "schemaRestrictionResponse" && len(words) == 0 {
		return
	}
	if words = words[:min(len(words), maxNoticeWords)]; len(words) > 0 {
		name += "=" + strings.Join(words, "/")
	}
	if len(*n) < maxNotices && !slices.Contains(*n, name) {
		*n = append(*n, name)
	}
}

// types returns the kinds of metrics that are restricted; "RESTRICTED" where
// Google doesn't say which.
func (s *wireSchemaRestriction) types() []string {
	var types []string
	for _, r := range s.ActiveMetricRestrictions {
		for _, t := range r.RestrictedMetricTypes {
			if enumLike(t) && !slices.Contains(types, t) {
				types = append(types, t)
			}
		}
	}
	if len(types) == 0 && len(s.ActiveMetricRestrictions) > 0 {
		types = []string{"RESTRICTED"}
	}
	return types
}

// describe says in a report what the metadata says.
func (m *wireMetadata) describe(r *report.Report) {
	r.TimeZone, r.CurrencyCode = m.TimeZone, m.CurrencyCode
	r.Sampled = len(m.SamplingMetadatas) > 0
	r.Thresholded = m.SubjectToThresholding
	r.OtherRow = m.DataLossFromOtherRow
	r.Truncated = len(m.DataTruncationReasons) > 0
}

var (
	enumPattern   = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}$`)
	memberPattern = regexp.MustCompile(`^[a-z][A-Za-z0-9]{0,63}$`)
	longNumber    = regexp.MustCompile(`[0-9]{6}`) // may be the id of a property or an account
	smallNumber   = regexp.MustCompile(`^-?[0-9]{1,5}(\.[0-9]{1,6})?$`)
	dayPattern    = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
)

// enumLike reports whether a text is written like the value of an enum.
func enumLike(text string) bool {
	return enumPattern.MatchString(text) && !longNumber.MatchString(text)
}

// empty reports whether a value says nothing.
func empty(value json.RawMessage) bool {
	switch string(bytes.TrimSpace(value)) {
	case "null", "{}", "[]", `""`, "false", "0":
		return true
	}
	return false
}

// A redactor keeps of a value of unknown meaning what is written like an enum, a
// day, a small number or a boolean, under names like those of members. Free text
// and long numbers are dropped: they could name a property, or the view's filter.
type redactor struct {
	secret []string // names and values that must not pass, in lower case
	words  []string // enum values that were kept, each once
}

// secretsOf returns what the filters of q name.
func secretsOf(q report.Query) (words []string) {
	note := func(c *report.Condition) {
		words = append(words, strings.ToLower(c.FieldName))
		if c.String != nil {
			words = append(words, strings.ToLower(c.String.Value))
		}
		if c.InList != nil {
			for _, v := range c.InList.Values {
				words = append(words, strings.ToLower(v))
			}
		}
	}
	q.DimensionFilter.Walk(note)
	q.MetricFilter.Walk(note)
	return words
}

func (r *redactor) name(name string) bool {
	return memberPattern.MatchString(name) && !longNumber.MatchString(name) && !slices.Contains(r.secret, strings.ToLower(name))
}

// value returns what may pass of a value; false when nothing may.
func (r *redactor) value(b json.RawMessage, depth int) (json.RawMessage, bool) {
	b = bytes.TrimSpace(b)
	switch {
	case depth > maxPassedDepth || len(b) == 0:
		return nil, false
	case b[0] == '{':
		return r.object(b, depth)
	case b[0] == '[':
		return r.array(b, depth)
	case b[0] == '"':
		return r.text(b)
	}
	return b, string(b) == "true" || string(b) == "false" || smallNumber.Match(b)
}

func (r *redactor) text(b json.RawMessage) (json.RawMessage, bool) {
	var text string
	if json.Unmarshal(b, &text) != nil || slices.Contains(r.secret, strings.ToLower(text)) {
		return nil, false
	}
	switch {
	case enumLike(text):
		if !slices.Contains(r.words, text) {
			r.words = append(r.words, text)
		}
	case !dayPattern.MatchString(text) && !smallNumber.MatchString(text):
		return nil, false
	}
	return b, true
}

func (r *redactor) object(b json.RawMessage, depth int) (json.RawMessage, bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(b, &members) != nil {
		return nil, false
	}
	out := []byte{'{'}
	for i, name := range slices.Sorted(maps.Keys(members)) {
		if i == maxPassedItems {
			break
		}
		if !r.name(name) {
			continue
		}
		if value, ok := r.value(members[name], depth+1); ok {
			out = appendMember(out, name, value)
		}
	}
	return append(out, '}'), len(out) > 1 || len(members) == 0
}

func (r *redactor) array(b json.RawMessage, depth int) (json.RawMessage, bool) {
	var items []json.RawMessage
	if json.Unmarshal(b, &items) != nil {
		return nil, false
	}
	out := []byte{'['}
	for _, item := range items[:min(len(items), maxPassedItems)] {
		value, ok := r.value(item, depth+1)
		if !ok {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, value...)
	}
	return append(out, ']'), len(out) > 1 || len(items) == 0
}
