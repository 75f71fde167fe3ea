package alloc

import "testing"

func TestCodesHaveTexts(t *testing.T) {
	seen := map[string]Code{}
	for c := OK; c <= ErrFull+1; c++ {
		if other, ok := seen[c.String()]; ok {
			t.Errorf("codes %d and %d share the text %q", other, c, c)
		}
		seen[c.String()] = c
	}
}
