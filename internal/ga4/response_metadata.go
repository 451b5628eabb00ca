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

// metadata is what Google says about a report. Members that are documented have a field;
// others pass as far as redactor lets them.
//
// dataTruncationMessage is left out: free text may name what a viewer must not
// know, and type and dates say the same.
type metadata struct {
	DataLossFromOtherRow      bool               `json:"dataLossFromOtherRow,omitempty"`
	SamplingMetadatas         []sampling         `json:"samplingMetadatas,omitempty"`
	SchemaRestrictionResponse *schemaRestriction `json:"schemaRestrictionResponse,omitempty"`
	CurrencyCode              string             `json:"currencyCode,omitempty"`
	TimeZone                  string             `json:"timeZone,omitempty"`
	SubjectToThresholding     bool               `json:"subjectToThresholding,omitempty"`
	DataTruncationReasons     []truncation       `json:"dataTruncationReasons,omitempty"`

	others members // that are not documented
	passed members // those of others that viewers may read, as far as they may
}

// members are those of an object, by name, as raw JSON.
type members map[string]json.RawMessage

// notices are what Google says that Oriel does not know, once each: see report.Report.
type notices []string

type sampling struct {
	SamplesReadCount  report.Int64 `json:"samplesReadCount,omitempty"`
	SamplingSpaceSize report.Int64 `json:"samplingSpaceSize,omitempty"`
}

type schemaRestriction struct {
	ActiveMetricRestrictions []metricRestriction `json:"activeMetricRestrictions,omitempty"`
}

type metricRestriction struct {
	MetricName            string   `json:"metricName,omitempty"`
	RestrictedMetricTypes []string `json:"restrictedMetricTypes,omitempty"`
}

type truncation struct {
	DataTruncationType       string      `json:"dataTruncationType,omitempty"`
	DataTruncationDate       string      `json:"dataTruncationDate,omitempty"`
	DataTruncationDateRanges []dateRange `json:"dataTruncationDateRanges,omitempty"`
}

type dateRange struct {
	StartDate string `json:"startDate,omitempty"`
	EndDate   string `json:"endDate,omitempty"`
}

var documentedMetadata = []string{
	"dataLossFromOtherRow", "samplingMetadatas", "schemaRestrictionResponse", "currencyCode", "timeZone", "subjectToThresholding", "dataTruncationReasons",
}

// UnmarshalJSON reads metadata, members that are not documented too.
func (m *metadata) UnmarshalJSON(b []byte) error {
	type plain metadata
	if err := json.Unmarshal(b, (*plain)(m)); err != nil {
		return err
	}
	if err := json.Unmarshal(b, &m.others); err != nil {
		return err
	}
	for name := range m.others {
		// encoding/json ignores the case of names.
		if slices.ContainsFunc(documentedMetadata, func(known string) bool { return strings.EqualFold(name, known) }) {
			delete(m.others, name)
		}
	}
	return nil
}

// MarshalJSON writes what viewers may read.
func (m *metadata) MarshalJSON() ([]byte, error) {
	type plain metadata
	b, err := json.Marshal((*plain)(m))
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

// redact removes what viewers must not read, and adds notices of what is unknown.
func (m *metadata) redact(q report.Query, n *notices) {
	for i, t := range m.DataTruncationReasons {
		if !enumLike(t.DataTruncationType) {
			m.DataTruncationReasons[i].DataTruncationType = ""
		}
	}
	if restricted := m.SchemaRestrictionResponse; restricted != nil {
		n.add("schemaRestrictionResponse", restricted.types())
	}
	m.passed = m.others.redact(q, n)
}

// redact returns what viewers may read of members that are not documented, and adds
// notices of those that are not empty. Nothing passes that a filter of q names: viewers
// need not know the view's.
func (m members) redact(q report.Query, n *notices) (passed members) {
	if len(m) == 0 {
		return nil
	}
	passed = members{}
	r := redactor{secret: secretsOf(q)}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		r.words = nil
		whole := decodeAny(m[name])
		if !r.name(name) {
			name = "unknown"
		} else if value, ok := r.value(whole, 0); ok && len(passed) < maxPassed {
			if raw, err := json.Marshal(value); err == nil && len(raw) <= maxPassedBytes {
				passed[name] = raw
			}
		}
		if !empty(whole) {
			n.add(name, r.words)
		}
	}
	return passed
}

func decodeAny(raw json.RawMessage) (v any) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	_ = d.Decode(&v) // nil for what is no JSON
	return v
}

const (
	maxPassed      = 16      // members of a report, and of its metadata
	maxPassedBytes = 4 << 10 // of one
	maxPassedDepth = 4       // nested objects and arrays
	maxPassedItems = 32      // of an object or an array
	maxNotices     = 8       // of a report
	maxNoticeWords = 3       // enum values that a notice repeats
)

// add adds a notice, unless it says nothing.
func (n *notices) add(name string, words []string) {
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
func (s *schemaRestriction) types() []string {
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
func (m *metadata) describe(r *report.Report) {
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
func empty(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return value == nil || value == "" || value == false || value == json.Number("0")
}

// A redactor keeps of a value of unknown meaning what looks like an enum, a
// day, a small number or a boolean, under names like those of members. It drops free text
// and long numbers: they could name a property, or the view's filter.
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
func (r *redactor) value(value any, depth int) (any, bool) {
	if depth > maxPassedDepth {
		return nil, false
	}
	switch v := value.(type) {
	case map[string]any:
		out := map[string]any{}
		names := slices.Sorted(maps.Keys(v))
		for _, name := range names[:min(len(names), maxPassedItems)] {
			if !r.name(name) {
				continue
			}
			if passed, ok := r.value(v[name], depth+1); ok {
				out[name] = passed
			}
		}
		return out, len(out) > 0 || len(v) == 0
	case []any:
		out := []any{}
		for _, item := range v[:min(len(v), maxPassedItems)] {
			if passed, ok := r.value(item, depth+1); ok {
				out = append(out, passed)
			}
		}
		return out, len(out) > 0 || len(v) == 0
	case string:
		return v, r.text(v)
	case json.Number:
		return v, smallNumber.MatchString(v.String())
	case bool:
		return v, true
	}
	return nil, false
}

// text reports whether a text may pass, and keeps it if it looks like an enum.
func (r *redactor) text(text string) bool {
	if slices.Contains(r.secret, strings.ToLower(text)) {
		return false
	}
	if enumLike(text) {
		if !slices.Contains(r.words, text) {
			r.words = append(r.words, text)
		}
		return true
	}
	return dayPattern.MatchString(text) || smallNumber.MatchString(text)
}
