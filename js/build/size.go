package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
)

// coreLimit is what the script that every host page loads may weigh, gzipped.
const coreLimit = 15 << 10

func gzipSize(content []byte) (int, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return 0, err
	}
	if _, err := w.Write(content); err != nil {
		return 0, err
	}
	if err := w.Close(); err != nil {
		return 0, err
	}
	return b.Len(), nil
}

// checkSize fails when the core has outgrown its limit.
func checkSize(b bundle) error {
	size, err := gzipSize(b["oriel.js"])
	if err != nil {
		return err
	}
	if size > coreLimit {
		return fmt.Errorf("oriel.js is %d bytes gzipped, over the limit of %d: move code behind the lazily loaded charts", size, coreLimit)
	}
	return nil
}
