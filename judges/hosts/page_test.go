package hosts

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A page is what docs/hosts.md tells people to copy.
type page struct {
	text     string
	programs map[string]string // by the file name in their first line
	yaml     []string
	requests []members // to POST /v1/tokens
	claims   []members // of tokens that a host signs
}

// members are a JSON object.
type members map[string]any

var (
	block    = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")
	fileName = regexp.MustCompile(`^(?:<\?php )?(?://|#) (\w+\.\w+)\n`)
)

func readPage(t *testing.T) page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "hosts.md"))
	must(t, err)
	p := page{text: string(text), programs: map[string]string{}}
	for _, b := range block.FindAllStringSubmatch(p.text, -1) {
		switch language, text := b[1], b[2]; language {
		case "yaml":
			p.yaml = append(p.yaml, text)
		case "json":
			p.addJSON(t, text)
		default:
			name := fileName.FindStringSubmatch(text)
			if name == nil {
				t.Fatalf("this does not begin with the name of its file:\n%s", text)
			}
			p.programs[name[1]] = text
		}
	}
	return p
}

func (p *page) addJSON(t *testing.T, text string) {
	t.Helper()
	var m members
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if m["iss"] != nil {
		p.claims = append(p.claims, m)
		return
	}
	p.requests = append(p.requests, m)
}

// The page has all that it says, so that no test below holds for nothing.
func TestPageIsRead(t *testing.T) {
	p := readPage(t)
	for _, language := range []string{"go", "mjs", "py", "php"} {
		for _, name := range []string{"mint." + language, "sign." + language} {
			if p.programs[name] == "" {
				t.Errorf("there is no %s", name)
			}
		}
	}
	if len(p.yaml) != 3 || len(p.requests) != 4 || len(p.claims) != 1 || ecCommand(t, p) == "" {
		t.Errorf("%d configurations, %d requests, %d claims", len(p.yaml), len(p.requests), len(p.claims))
	}
	for name := range p.claims[0] {
		if !strings.Contains(p.text, "| `"+name) && !strings.Contains(p.text, "`, `"+name+"`") && !strings.Contains(p.text, ", `"+name+"` |") {
			t.Errorf("the claim %s is not explained", name)
		}
	}
}

// ecCommand returns the command in the text that makes a key for ES256.
func ecCommand(t *testing.T, p page) string {
	t.Helper()
	found := regexp.MustCompile("`(openssl genpkey -algorithm EC [^`]+)`").FindStringSubmatch(p.text)
	if found == nil {
		t.Fatal("the page makes no key for ES256")
	}
	return found[1]
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
