package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"path"
	"strings"
)

// coreLimit is what each of the scripts that host pages load first may weigh,
// gzipped.
const coreLimit = 15_900

// chartsLimit is what the modules that draw all types of charts may weigh
// together, each gzipped. The map's shapes are data and not among them. An old
// page loads the chunk and google.visualization, one with our elements the chunk
// and the charts.
const chartsLimit = 45_000

// visualizationLimit is what google.visualization may weigh, gzipped, beside
// the charts that it draws with.
const visualizationLimit = 17_000

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

// checkSize fails when the core or the charts have outgrown their limits.
func checkSize(b bundle) error {
	for _, core := range []string{"oriel.js", "platform.js"} {
		size, err := gzipSize(b[core])
		if err != nil {
			return err
		}
		if size > coreLimit {
			return fmt.Errorf("%s is %d bytes gzipped, over the limit of %d: move code behind the lazily loaded modules", core, size, coreLimit)
		}
	}
	charts, visualization := 0, 0
	for name, content := range b {
		if path.Ext(name) != ".js" || path.Dir(name) != "assets" {
			continue
		}
		size, err := gzipSize(content)
		if err != nil {
			return err
		}
		if strings.HasPrefix(path.Base(name), "visualization-") {
			visualization += size
		} else {
			charts += size
		}
	}
	if charts > chartsLimit {
		return fmt.Errorf("the charts are %d bytes gzipped, over the limit of %d", charts, chartsLimit)
	}
	if visualization > visualizationLimit {
		return fmt.Errorf("google.visualization is %d bytes gzipped, over the limit of %d", visualization, visualizationLimit)
	}
	return nil
}
