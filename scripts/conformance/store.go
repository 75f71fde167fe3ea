package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// A pair is a package's two runs.
type pair struct{ Linux, Yolk outcome }

// A store keeps the results between runs in results.json. Safe for use by
// several goroutines.
type store struct {
	file string
	mu   sync.Mutex
	runs map[string]pair // by import path
}

func openStore(dir string) (*store, error) {
	s := &store{file: filepath.Join(dir, "results.json"), runs: map[string]pair{}}
	b, err := os.ReadFile(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	return s, json.Unmarshal(b, &s.runs)
}

// get returns what is stored; a pair without statuses when nothing is.
func (s *store) get(name string) pair {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.runs[name]
}

// put stores a result, so that an interrupted run loses nothing.
func (s *store) put(name string, p pair) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs[name] = p
	b, err := json.MarshalIndent(s.runs, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(s.file, b, 0o644)
}
