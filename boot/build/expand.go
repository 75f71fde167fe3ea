package build

import (
	"context"
	"fmt"
	"strings"
)

// Expand replaces patterns ("./...", "std") by the import paths of the
// packages that match in the current folder's module on that architecture. Other
// targets stay.
func Expand(ctx context.Context, goarch string, targets []string) ([]string, error) {
	var out []string
	for _, t := range targets {
		if !strings.Contains(t, "...") && t != "std" {
			out = append(out, t)
			continue
		}
		g, err := findGo("", goarch)
		if err != nil {
			return nil, err
		}
		b, err := g.output(ctx, "list", "-tags", "yolk", t)
		if err != nil {
			return nil, err
		}
		found := strings.Fields(string(b))
		if len(found) == 0 {
			return nil, fmt.Errorf("%s matches no packages", t)
		}
		out = append(out, found...)
	}
	return out, nil
}
