package ua

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/oriel-server/oriel/internal/report"
)

// columnsTSV is v3's metadata of its columns, except for what is in names.tsv. Source: the answer of metadata.columns.list of 2019-09-17, as the R
// package googleAnalyticsR keeps it in data/meta.rda.
//
//go:embed columns.tsv
var columnsTSV string

// Columns are the response of the Metadata API v3.
type Columns struct {
	Kind           string   `json:"kind"`
	ETag           string   `json:"etag"`
	TotalResults   int      `json:"totalResults"`
	AttributeNames []string `json:"attributeNames"`
	Items          []Column `json:"items"`
}

// A Column is a dimension or a metric that v3 had.
type Column struct {
	ID         string     `json:"id"`
	Kind       string     `json:"kind"`
	Attributes Attributes `json:"attributes"`
}

// Attributes describe a column, all as strings, as in v3.
type Attributes struct {
	ReplacedBy       string `json:"replacedBy,omitempty"`
	Type             string `json:"type"` // DIMENSION or METRIC
	DataType         string `json:"dataType"`
	Group            string `json:"group"`
	Status           string `json:"status"` // PUBLIC or DEPRECATED
	UIName           string `json:"uiName"`
	Description      string `json:"description"`
	Calculation      string `json:"calculation,omitempty"`
	MinTemplateIndex string `json:"minTemplateIndex,omitempty"`
	MaxTemplateIndex string `json:"maxTemplateIndex,omitempty"`
	PremiumMinIndex  string `json:"premiumMinTemplateIndex,omitempty"`
	PremiumMaxIndex  string `json:"premiumMaxTemplateIndex,omitempty"`
	InSegments       string `json:"allowedInSegments,omitempty"`
	AddedIn          string `json:"addedInApiVersion"`
}

var attributeNames = []string{
	"replacedBy", "type", "dataType", "group", "status", "uiName", "description", "calculation", "minTemplateIndex", "maxTemplateIndex",
	"premiumMinTemplateIndex", "premiumMaxTemplateIndex", "allowedInSegments", "addedInApiVersion",
}

// AllColumns returns every column of v3. One that GA4 cannot answer is DEPRECATED, so
// that pages which offer the PUBLIC ones offer what works; its description gives the
// reason.
func AllColumns() *Columns { return columns() }

// ViewNames decide which names of v3 a client may use in a view, for every list of names: the
// view's options, whether the client may use a GA4 field, and whether the property has a field
// that the client may use.
type ViewNames struct {
	Options  Options
	May, Has func(field string) bool
}

// ColumnsOf returns the columns that at least one of the views allows. One that none of
// these can answer is DEPRECATED, like those that GA4 cannot.
func ColumnsOf(views []ViewNames) *Columns {
	c := *AllColumns()
	c.Items = nil
	for _, column := range AllColumns().Items {
		n := *table().byKey[strings.ToLower(column.ID)]
		best, answer := hidden, n
		for _, v := range views {
			if as, by := v.availability(n); as > best {
				best, answer = as, by
			}
		}
		switch {
		case best == hidden && (n.Fidelity != None || len(views) == 0):
			continue
		case best == answered && n.ReplacedBy == "":
			column.Attributes.Status = "PUBLIC"
		default:
			column.Attributes.Status = "DEPRECATED"
		}
		if answer.GA4 != n.GA4 {
			column.Attributes.Description = answer.description()
		}
		c.Items = append(c.Items, column)
	}
	c.count()
	return &c
}

// An availability is what a view does with a query for a name.
type availability int

const (
	hidden     availability = iota // refused: it reads a field that is denied
	unanswered                     // refused: the property has no field for it
	answered
)

// availability returns the best availability of the names that n stands for, with the
// name that has it.
func (v ViewNames) availability(n Name) (best availability, answer Name) {
	requested := v.Options.expand(n)
	if len(requested) == 0 {
		return unanswered, n
	}
	answer = n
	for _, name := range requested {
		r, err := v.Options.resolve(name, false)
		as := unanswered
		if err == nil {
			as = v.availabilityOf(r.fields())
		}
		if as > best {
			if best = as; as == answered && !strings.Contains(n.GA4, "<") {
				answer = r
			}
		}
	}
	return best, answer
}

// mayName reports whether the client may use every name in a text.
func (v ViewNames) mayName(text string) bool {
	for _, name := range requestName.FindAllString(text, -1) {
		r, err := v.Options.resolve(name, false)
		if fields := r.fields(); err != nil || len(fields) == 0 || !v.mayRead(fields) {
			return false
		}
	}
	return true
}

func (v ViewNames) mayRead(fields []string) bool {
	return !slices.ContainsFunc(fields, func(f string) bool { return !v.May(f) })
}

var requestName = regexp.MustCompile(`ga:[A-Za-z0-9_]+`)

func (v ViewNames) availabilityOf(fields []string) availability {
	if !v.mayRead(fields) {
		return hidden
	}
	for _, f := range fields {
		if !v.Has(f) {
			return unanswered
		}
	}
	return answered
}

// columnsMembers are those of Columns. Source: the discovery document of analytics:v3.
var columnsMembers = report.MustMask("kind,etag,totalResults,attributeNames,items(id,kind,attributes/*)")

// JSON returns the columns as q wants them. Errors are *Error.
func (c *Columns) JSON(q ListQuery) ([]byte, error) {
	if err := q.format.check(columnsMembers); err != nil {
		return nil, err
	}
	return q.format.render(c), nil
}

var columns = sync.OnceValue(func() *Columns {
	c := &Columns{Kind: "analytics#columns", AttributeNames: attributeNames}
	for line := range strings.Lines(columnsTSV) {
		if !strings.HasPrefix(line, "#") {
			c.Items = append(c.Items, readColumn(strings.Split(strings.TrimRight(line, "\n"), "\t")))
		}
	}
	c.count()
	return c
})

// count sets the number of columns and the ETag.
func (c *Columns) count() {
	c.TotalResults = len(c.Items)
	sum := sha256.Sum256(encode(c.Items))
	c.ETag = `"` + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`
}

// readColumn reads a line of columns.tsv; a test holds it and names.tsv together.
func readColumn(f []string) Column {
	n := *table().byKey[strings.ToLower(f[0])]
	a := Attributes{
		ReplacedBy: n.ReplacedBy, Type: "METRIC", DataType: n.Type, Group: f[1], Status: "PUBLIC", UIName: f[2], Description: n.description(),
		Calculation: f[9], MinTemplateIndex: f[5], MaxTemplateIndex: f[6], PremiumMinIndex: f[7], PremiumMaxIndex: f[8], InSegments: f[4], AddedIn: f[3],
	}
	if n.Dimension {
		a.Type = "DIMENSION"
	}
	if n.ReplacedBy != "" || n.Fidelity == None {
		a.Status = "DEPRECATED"
	}
	return Column{n.Name, "analytics#column", a}
}

// description describes what answers a name, in sentences.
func (n Name) description() string {
	text := fmt.Sprintf("Google Analytics 4: %s (%s).", n.GA4, n.Fidelity)
	switch {
	case n.Fidelity == None && n.Nearest == "":
		text = "Cannot be answered by Google Analytics 4."
	case n.Fidelity == None:
		text = "Cannot be answered by Google Analytics 4. The nearest field is " + n.Nearest + "."
	}
	n.ReplacedBy = "" // an attribute of its own
	if remark := n.remark(); remark != "" {
		text += " " + strings.ToUpper(remark[:1]) + remark[1:] + "."
	}
	return text
}
