package main

import (
	"math"
	"slices"
)

// mean is 0 of nothing.
func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(max(len(v), 1))
}

// deviation is the standard deviation of what the values are a sample of, 0 for one.
func deviation(v []float64) float64 {
	if len(v) < 2 {
		return 0
	}
	m, squares := mean(v), 0.0
	for _, x := range v {
		squares += (x - m) * (x - m)
	}
	return math.Sqrt(squares / float64(len(v)-1))
}

// median returns the middle value, or the mean of the middle two. It panics
// without values.
func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}
