package ua

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// A Body is the response to a v3 query: analytics#gaData or analytics#realtimeData.
// The order of its members is v3's, for pages rely on rows being the last, and on
// rows being absent when there are none.
type Body struct {
	Kind         string      `json:"kind"`
	ID           string      `json:"id"`
	Query        BodyQuery   `json:"query"`
	ItemsPerPage int         `json:"itemsPerPage,omitempty"` // not in a realtime body
	TotalResults int         `json:"totalResults"`
	SelfLink     string      `json:"selfLink"`
	PreviousLink string      `json:"previousLink,omitempty"`
	NextLink     string      `json:"nextLink,omitempty"`
	ProfileInfo  ProfileInfo `json:"profileInfo"`
	Sampled      *bool       `json:"containsSampledData,omitempty"` // not in a realtime body
	SampleSize   string      `json:"sampleSize,omitempty"`
	SampleSpace  string      `json:"sampleSpace,omitempty"`
	Headers      []Header    `json:"columnHeaders"`
	Totals       Totals      `json:"totalsForAllResults"`
	Rows         [][]string  `json:"rows,omitempty"`
	DataTable    *DataTable  `json:"dataTable,omitempty"` // instead of rows

	format responseFormat
}

// bodyMembers are those of a body of v3, of which Oriel leaves some out. Source:
// GaData in the discovery document of analytics:v3; RealtimeData has a part of them.
var bodyMembers = report.MustMask("kind,id,itemsPerPage,totalResults,selfLink,previousLink,nextLink," +
	"containsSampledData,sampleSize,sampleSpace,dataLastRefreshed,rows," +
	"query(start-date,end-date,ids,dimensions,metrics,sort,filters,segment,samplingLevel,start-index,max-results),totalsForAllResults/*," +
	"profileInfo(profileId,accountId,webPropertyId,internalWebPropertyId,profileName,tableId)," +
	"columnHeaders(name,columnType,dataType),dataTable(cols(id,label,type),rows/c/v)")

// A BodyQuery repeats the query.
type BodyQuery struct {
	StartDate     string   `json:"start-date,omitempty"`
	EndDate       string   `json:"end-date,omitempty"`
	IDs           string   `json:"ids"`
	Dimensions    string   `json:"dimensions,omitempty"`
	Metrics       []string `json:"metrics"`
	Sort          []string `json:"sort,omitempty"`
	Filters       string   `json:"filters,omitempty"`
	Segment       string   `json:"segment,omitempty"`
	SamplingLevel string   `json:"samplingLevel,omitempty"`
	StartIndex    int      `json:"start-index,omitempty"`
	MaxResults    int      `json:"max-results"`
}

// ProfileInfo names the view.
type ProfileInfo struct {
	ProfileID             string `json:"profileId"`
	AccountID             string `json:"accountId"`
	WebPropertyID         string `json:"webPropertyId"`
	InternalWebPropertyID string `json:"internalWebPropertyId"`
	ProfileName           string `json:"profileName"`
	TableID               string `json:"tableId"`
}

// A Header describes a column.
type Header struct {
	Name       string `json:"name"`
	ColumnType string `json:"columnType"` // DIMENSION or METRIC
	DataType   string `json:"dataType"`
}

// Totals are metrics over all rows, in the order of the query.
type Totals []Total

// A Total is one metric over all rows.
type Total struct{ Name, Value string }

// MarshalJSON writes an object, its members in order, each name once.
func (t Totals) MarshalJSON() ([]byte, error) {
	var o object
	for _, total := range t {
		if !slices.ContainsFunc(o, func(m member) bool { return m.name == total.Name }) {
			o = append(o, member{total.Name, total.Value})
		}
	}
	return o.MarshalJSON()
}

// A DataTable is the rows as Google Charts reads them.
type DataTable struct {
	Cols []TableCol `json:"cols"`
	Rows []TableRow `json:"rows"`
}

// A TableCol is a column; Type is string or number.
type TableCol struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	Type  string `json:"type"`
}

// A TableRow is a row.
type TableRow struct {
	Cells []TableCell `json:"c"`
}

// A TableCell is a value, in v3 always a string.
type TableCell struct {
	Value string `json:"v"`
}

// JSON returns the body as v3 wrote it: only the fields that the query requested
// and indented unless it had prettyPrint=false.
func (b *Body) JSON() []byte {
	return b.format.render(b)
}

// JSONWithin is JSON; an error if it has more than so many bytes.
func (b *Body) JSONWithin(most int) ([]byte, error) { return b.format.renderWithin(b, most) }

// encode returns v as JSON that keeps <, > and &.
func encode(v any) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // strings, numbers and slices always encode
	return bytes.TrimRight(out.Bytes(), "\n")
}

// body returns a body of total rows, without rows and totals.
func (p *Plan) body(total int) *Body {
	q, profile := p.query, p.options.Profile
	b := &Body{
		format: q.format, Kind: "analytics#gaData",
		ID: p.link(q.StartIndex, false), SelfLink: p.link(q.StartIndex, false), TotalResults: total,
		Query: BodyQuery{
			StartDate: q.StartDate, EndDate: q.EndDate, IDs: q.IDs, Dimensions: strings.Join(q.Dimensions, ","), Metrics: q.Metrics,
			Sort: q.sortKeys(), Filters: q.Filters, Segment: q.Segment, SamplingLevel: q.SamplingLevel, StartIndex: q.StartIndex, MaxResults: q.MaxResults,
		},
		ProfileInfo: ProfileInfo{
			profile.ID, profile.AccountID, profile.WebPropertyID, profile.InternalWebPropertyID, profile.Name, "ga:" + profile.ID,
		},
	}
	for _, d := range p.dimensions {
		b.Headers = append(b.Headers, Header{d.requested, "DIMENSION", "STRING"})
	}
	for _, m := range p.metrics {
		b.Headers = append(b.Headers, Header{m.requested, "METRIC", m.name.Type})
	}
	if q.Realtime {
		b.Kind, b.ProfileInfo.TableID = "analytics#realtimeData", "realtime:"+profile.ID
		b.Query.StartIndex = 0
		return b
	}
	b.ItemsPerPage, b.Sampled = q.MaxResults, new(false)
	if next := q.StartIndex + q.MaxResults; next <= total {
		b.NextLink = p.link(next, true)
	}
	if q.StartIndex > 1 {
		b.PreviousLink = p.link(max(1, q.StartIndex-q.MaxResults), true)
	}
	return b
}

// toDataTable replaces the rows by a DataTable.
func (b *Body) toDataTable() {
	t := &DataTable{Cols: []TableCol{}, Rows: []TableRow{}}
	for _, h := range b.Headers {
		typ := "number"
		if h.DataType == "STRING" {
			typ = "string"
		}
		t.Cols = append(t.Cols, TableCol{h.Name, h.Name, typ})
	}
	for _, row := range b.Rows {
		var r TableRow
		for _, v := range row {
			r.Cells = append(r.Cells, TableCell{v})
		}
		t.Rows = append(t.Rows, r)
	}
	b.Rows, b.DataTable = nil, t
}

// link returns the address of this query, or of another page of its rows.
func (p *Plan) link(startIndex int, otherPage bool) string {
	q := p.query
	var b strings.Builder
	add := func(name, value string) {
		if value != "" {
			b.WriteString("&" + name + "=" + escapeQuery(value))
		}
	}
	add("ids", q.IDs)
	add("dimensions", strings.Join(q.Dimensions, ","))
	add("metrics", strings.Join(q.Metrics, ","))
	add("sort", strings.Join(q.sortKeys(), ","))
	add("filters", q.Filters)
	add("segment", q.Segment)
	add("samplingLevel", q.SamplingLevel)
	if !q.IncludeEmptyRows {
		add("include-empty-rows", "false")
	}
	if q.DataTable {
		add("output", "dataTable")
	}
	add("start-date", q.StartDate)
	add("end-date", q.EndDate)
	if q.pagingGiven[0] || otherPage {
		add("start-index", strconv.Itoa(startIndex))
	}
	if q.pagingGiven[1] {
		add("max-results", strconv.Itoa(q.MaxResults))
	}
	return p.options.Endpoint + "?" + strings.TrimPrefix(b.String(), "&")
}

// unescaped restores what v3 did not escape in its links.
var unescaped = strings.NewReplacer("%3A", ":", "%2C", ",", "%2F", "/", "%24", "$", "%21", "!", "%2A", "*", "%28", "(", "%29", ")", "%40", "@", "+", "%20")

func escapeQuery(s string) string { return unescaped.Replace(url.QueryEscape(s)) }
