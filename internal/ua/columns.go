package ua

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
)

// columnsTSV is what v3's metadata said of its columns beside what names.tsv
// knows. Source: the answer of metadata.columns.list of 2019-09-17, as the R
// package googleAnalyticsR keeps it in data/meta.rda.
//
//go:embed columns.tsv
var columnsTSV string

// Columns are what the Metadata API v3 answers.
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

// Attributes describe a column, all in text, as v3 did.
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

// AllColumns returns every column of v3. One that cannot be answered is
// DEPRECATED, so that pages that offer the PUBLIC ones offer what works, and
// its description says why.
func AllColumns() *Columns { return columns() }

// JSON returns the columns as q wants them.
func (c *Columns) JSON(q ListQuery) []byte { return q.form.render(c) }

var columns = sync.OnceValue(func() *Columns {
	c := &Columns{Kind: "analytics#columns", AttributeNames: attributeNames}
	for line := range strings.Lines(columnsTSV) {
		if !strings.HasPrefix(line, "#") {
			c.Items = append(c.Items, readColumn(strings.Split(strings.TrimRight(line, "\n"), "\t")))
		}
	}
	c.TotalResults = len(c.Items)
	sum := sha256.Sum256(encode(c.Items))
	c.ETag = `"` + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`
	return c
})

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

// description says what answers a name.
func (n Name) description() string {
	said := fmt.Sprintf("Google Analytics 4: %s (%s).", n.GA4, n.Fidelity)
	switch {
	case n.Fidelity == None && n.Nearest == "":
		said = "Cannot be answered by Google Analytics 4."
	case n.Fidelity == None:
		said = "Cannot be answered by Google Analytics 4. The nearest field is " + n.Nearest + "."
	}
	n.ReplacedBy = "" // an attribute of its own
	if remark := n.remark(); remark != "" {
		said += " " + strings.ToUpper(remark[:1]) + remark[1:] + "."
	}
	return said
}
