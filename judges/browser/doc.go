// Package browser looks at the demonstration in a real Chromium: every page,
// every panel, with pointer and keyboard, in light and dark, wide and narrow.
//
// It needs chromium-headless-shell, and axe-core from `npm --prefix js ci`. With
// the environment variable ORIEL_SHOTS naming a folder, the pages are
// photographed into it.
package browser
