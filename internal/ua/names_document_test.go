package ua

import (
	"os"
	"testing"
)

const docsPage = "../../docs/from-universal-analytics.md"

func TestDocs(t *testing.T) {
	want := Document()
	if *update {
		if err := os.WriteFile(docsPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(docsPage)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale: run go test ./internal/ua -run Docs -update", docsPage)
	}
}
