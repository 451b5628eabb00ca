package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/oriel-server/oriel/judges/house"
)

// What all tests share: the program, a house run by it, and a browser. They are
// made once because each takes seconds.
var shared struct {
	program string
	house   *house.House
	browser context.Context
}

func TestMain(m *testing.M) {
	code, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runAll(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "oriel-browser-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if shared.program, err = house.Build(dir); err != nil {
		return 0, err
	}
	if shared.house, err = house.Open(shared.program); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, shared.house.Close()) }()
	stop, err := startBrowser()
	if err != nil {
		return 0, err
	}
	defer stop()
	return m.Run(), nil
}

func startBrowser() (stop func(), err error) {
	path, err := exec.LookPath("chromium-headless-shell")
	if err != nil {
		return nil, fmt.Errorf("these tests need Debian's package chromium-headless-shell: %w", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("hide-scrollbars", true))
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	browser, stopBrowser := chromedp.NewContext(allocator)
	stop = func() {
		stopBrowser()
		stopAllocator()
	}
	if err := chromedp.Do(browser); err != nil {
		stop()
		return nil, fmt.Errorf("starting %s: %w", path, err)
	}
	shared.browser = browser
	return stop, nil
}
