// Command build writes js/dist from js/src with esbuild's Go API, so that
// building needs no bundler from npm. Run it as
//
//	npm --prefix js ci
//	go -C js/build run .          # write dist
//	go -C js/build run . -check   # fail when dist is not what src gives
//	go -C js/build run . -test    # bundle the unit tests and run them with node
//
// The same sources and package-lock.json give the same bytes on any machine.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	root := flag.String("root", "..", "the folder that holds src, dist and package.json")
	check := flag.Bool("check", false, "write nothing; fail when dist is stale")
	test := flag.Bool("test", false, "bundle test/*.test.ts and run them with node --test")
	flag.Parse()

	run := write
	switch {
	case *check:
		run = compare
	case *test:
		run = unitTests
	}
	if err := run(*root); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}
