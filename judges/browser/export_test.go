package browser

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// downloads lets the tab save files, and returns where they go.
func (b *tab) downloads() string {
	b.t.Helper()
	dir := b.t.TempDir()
	_, err := chromedp.Call(b.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID, DownloadPath: dir,
	})
	b.must(err)
	return dir
}

// file waits for the only file in dir, takes it away and returns its name and bytes.
func (b *tab) file(dir string) (name, content string) {
	b.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(pause) {
		found, err := filepath.Glob(filepath.Join(dir, "*.csv"))
		b.must(err)
		if len(found) == 0 {
			continue
		}
		text, err := os.ReadFile(found[0])
		b.must(err)
		if len(text) == 0 {
			continue
		}
		b.must(os.Remove(found[0]))
		return filepath.Base(found[0]), string(text)
	}
	b.shoot("failed-" + b.t.Name())
	b.t.Fatalf("no file within %v; said %q", patience, b.heard())
	return "", ""
}

// saver is the button of the panel with a title.
func saver(title string) string {
	return fmt.Sprintf(`[...%s.querySelectorAll('.panel')].find((p) => p.getAttribute('aria-label') === %q).querySelector('.save')`, root, title)
}

func (b *tab) save(dir, title string) (name string, lines [][]string) {
	b.t.Helper()
	b.run(saver(title) + `.click()`)
	name, text := b.file(dir)
	plain, marked := strings.CutPrefix(text, "\ufeff")
	if !marked || !strings.HasSuffix(plain, "\r\n") {
		b.t.Errorf("%s: %q", name, text)
	}
	lines, err := csv.NewReader(strings.NewReader(plain)).ReadAll()
	b.must(err)
	return name, lines
}

// cells are the texts of a panel's table, whether it is seen or only read out.
func (b *tab) cells(title string) [][]string {
	b.t.Helper()
	return eval[[][]string](b, fmt.Sprintf(`[...%s.closest('.panel').querySelectorAll('table tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent.trim()))`, saver(title)))
}

var noDigits = regexp.MustCompile(`\D`)

// figures are the whole numbers in cells, as they are without a language.
func figures(cells []string) []string {
	var all []string
	for _, c := range cells {
		all = append(all, noDigits.ReplaceAllString(c, ""))
	}
	return all
}

// What is saved is what is shown: of this view, these days, these rows.
func TestSavedIsWhatIsShown(t *testing.T) {
	h := shared.house
	for _, address := range []string{h.Oriel + "/embed/overview", h.Site + "/"} {
		b := newTab(t, look{}).open(address)
		dir := b.downloads()
		b.run(root + `.querySelector('input[value="7d"]').click()`)
		b.eventually("seven days are shown", dashboard+`.getAttribute('range') === '7d' && window.__settled()`)
		b.run(fmt.Sprintf(`const s = %s; s.value = 'shop'; s.dispatchEvent(new Event('change', {bubbles: true}))`, select_))
		b.showing("shop", "7d")
		name, saved := b.save(dir, "Top pages")
		if want := regexp.MustCompile(`^overview-pages-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.csv$`); !want.MatchString(name) {
			t.Errorf("the file is called %s", name)
		}
		shown := b.cells("Top pages")
		if len(shown) == 0 || len(saved) != len(shown)+1 || saved[0][0] != "pagePath" {
			t.Fatalf("%s: saved %q, shown %q", address, saved, shown)
		}
		for i, row := range shown {
			if got := saved[i+1]; got[0] != row[0] || !slices.Equal(got[1:], figures(row[1:])) {
				t.Errorf("%s: saved %q, shown %q", address, got, row)
			}
		}
		_, saved = b.save(dir, "Sessions and users")
		if shown := b.cells("Sessions and users"); len(saved) != 8 || len(shown) != 7 {
			t.Errorf("%s: saved %q, shown %q", address, saved, shown)
		} else {
			for i, row := range shown {
				if !slices.Equal(saved[i+1][1:], figures(row[1:])) {
					t.Errorf("%s: saved %q, shown %q", address, saved[i+1], row)
				}
			}
		}
		_, saved = b.save(dir, "Sessions")
		if value := b.panel("Sessions").Text; len(saved) != 3 || saved[1][0] != "current" || saved[2][0] != "previous" || !strings.Contains(noDigits.ReplaceAllString(value, ""), saved[1][1]) {
			t.Errorf("%s: saved %q, shown %q", address, saved, value)
		}
		if name, saved := b.save(dir, "Active users now"); len(saved) > 2 || !strings.HasPrefix(name, "overview-now-") {
			t.Errorf("%s: saved %q as %s", address, saved, name)
		}
		for _, r := range b.asked() {
			if strings.Contains(r.url, "token=") {
				t.Errorf("a token in an address: %s", r.url)
			}
		}
		b.clean(h.Site, h.Oriel)
	}
}

// A panel by itself saves what it shows, as on its dashboard.
func TestSavedChart(t *testing.T) {
	b := newTab(t, look{}).open(shared.house.Site + "/charts.html")
	dir := b.downloads()
	const charts = `[...document.querySelectorAll('oriel-chart')]`
	for i := range eval[int](b, charts+`.length`) {
		chart := fmt.Sprintf(charts+`[%d]`, i)
		b.run(chart + `.shadowRoot.querySelector('.save').click()`)
		name, text := b.file(dir)
		_, rows, _ := strings.Cut(strings.TrimPrefix(text, "\ufeff"), "\r\n")
		if panel := eval[string](b, chart+`.getAttribute('panel')`); !strings.HasPrefix(name, "month-"+panel+"-") || rows == "" {
			t.Errorf("%s of panel %s: %q", name, panel, text)
		}
	}
	if n := b.count(":export"); n != 7 {
		t.Errorf("%d files were asked for", n)
	}
	b.clean(shared.house.Site, shared.house.Oriel)
}

func TestSavingByKeyboard(t *testing.T) {
	b := newTab(t, look{}).open(shared.house.Oriel + "/embed/overview?lang=de")
	dir := b.downloads()
	b.tabTo("the button of the first panel", `at.classList.contains('save')`)
	if label := eval[string](b, `window.__focused().getAttribute('aria-label')`); !strings.Contains(label, "als CSV herunterladen") {
		t.Errorf("it reads %q", label)
	}
	b.press(kb.Enter)
	b.file(dir)
	b.eventually("it is said that it is saved, and the focus stays", `window.__focused().classList.contains('save') &&
	  window.__focused().closest('.panel').querySelector('[role=status]').textContent.includes('heruntergeladen')`)
	b.run(dashboard + `.reload()`)
	b.settle()
	if !eval[bool](b, `window.__focused().classList.contains('save')`) {
		t.Error("fresh figures took the focus away")
	}
	b.accessible()
	b.shoot("saved")
}

// A panel of which nothing is shown offers nothing; the server's refusal is said.
func TestSavingFails(t *testing.T) {
	b := newTab(t, look{}).open(shared.house.Site + "/")
	b.run(`const own = window.fetch; window.fetch = (url, init) => String(url).includes(':export')
	  ? Promise.resolve(new Response('{"error":{"code":429,"message":"Too much."}}', {status: 429})) : own(url, init)`)
	b.run(saver("Top pages") + `.click()`)
	b.eventually("it is said why", saver("Top pages")+`.closest('.panel').querySelector('[role=status]').textContent.includes('Too many requests')`)
	b.run(`window.fetch = () => Promise.reject(new TypeError('offline')); ` + dashboard + `.setAttribute('range', '90d')`)
	b.eventually("nothing is shown", root+`.querySelectorAll('.save').length === 0`)
}

// A frame that allows no downloads says so where it can know, and says that it may be so where it cannot.
func TestSavingInASandbox(t *testing.T) {
	h := shared.house
	for sandbox, said := range map[string]string{
		"allow-scripts allow-same-origin":                 "doesn’t allow downloads",
		"allow-scripts allow-same-origin allow-downloads": "downloaded, unless",
	} {
		b := newTab(t, look{}).open(h.Site + "/")
		b.downloads()
		b.run(fmt.Sprintf(`const f = document.createElement('iframe'); f.src = '/'; f.sandbox = %q; f.id = 'box'; f.height = 800; document.querySelector('main').prepend(f)`, sandbox))
		const inside = `document.querySelector('#box').contentDocument?.querySelector('oriel-dashboard')?.shadowRoot`
		b.eventually("the dashboard in the frame is drawn", inside+`?.querySelector('.save')`)
		b.run(inside + `.querySelector('.save').click()`)
		b.eventually(said, fmt.Sprintf(`%s.querySelector('.export-status').textContent.includes(%q)`, inside, said))
	}
}

// paper makes the tab look like a sheet of it: as wide, in print, and with nothing
// drawn again, for browsers lay a page out for paper without running its scripts.
func (b *tab) paper(width int64) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	b.must(err)
	b.must(chromedp.Do(b.ctx, chromedp.EmulateViewport(width, 1000)))
}

const notWatching = `window.ResizeObserver = class { observe() {} unobserve() {} disconnect() {} }`

func TestPrint(t *testing.T) {
	for _, address := range []string{"/embed/overview?theme=dark", "/embed/overview"} {
		b := newTab(t, look{"dark", 1280})
		_, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: notWatching})
		b.must(err)
		b.open(shared.house.Oriel + address)
		shown := b.panels()
		b.paper(718) // A4 between margins of 1 cm
		if controls := eval[[]string](b, `[...`+root+`.querySelectorAll('button, select, input, .export-status')].filter((e) => e.checkVisibility() && !e.closest('.oriel-chart')).map((e) => e.outerHTML)`); len(controls) > 0 {
			t.Errorf("controls on paper: %q", controls)
		}
		if over := eval[[]string](b, `[...`+root+`.querySelectorAll('.panel svg')].filter((s) => s.getBoundingClientRect().right > s.closest('.panel').getBoundingClientRect().right + 0.5)
		  .map((s) => s.closest('.panel').getAttribute('aria-label'))`); len(over) > 0 {
			t.Errorf("wider than their panels: %q", over)
		}
		if high := eval[[]string](b, `[...`+root+`.querySelectorAll('.panel')].filter((p) => p.querySelector('.body').getBoundingClientRect().bottom > p.querySelector('footer').getBoundingClientRect().top + 1)
		  .map((p) => p.getAttribute('aria-label'))`); len(high) > 0 {
			t.Errorf("charts over their small print: %q", high)
		}
		if color := eval[string](b, `getComputedStyle(`+root+`.querySelector('.title')).color`); color != "rgb(26, 31, 38)" {
			t.Errorf("text is %s on paper", color)
		}
		if printed := b.panels(); fmt.Sprint(printed) != fmt.Sprint(shown) {
			t.Errorf("shown %v, printed %v", shown, printed)
		}
		b.shoot("print" + strings.NewReplacer("/", "-", "?", "-").Replace(address))
		sheet, err := chromedp.Call(b.ctx, page.PrintToPDF, page.PrintToPDFParams{})
		b.must(err)
		if len(sheet.Data) == 0 {
			t.Error("no sheet")
		}
	}
}
