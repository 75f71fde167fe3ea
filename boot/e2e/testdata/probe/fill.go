package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// fill makes a million empty files, or as many as there is room for, and a file
// as long as it can be, and removes them again.
func fill([]string) {
	before := room()
	n := 0
	for ; n < 1e6; n++ {
		if err := os.WriteFile("/tmp/"+strconv.Itoa(n), nil, 0o600); err != nil {
			fmt.Println("no room:", errors.Is(err, syscall.ENOSPC), "for a name:", room().Ffree == 0)
			break
		}
	}
	for ; n > 0; n-- {
		os.Remove("/tmp/" + strconv.Itoa(n-1))
	}
	f, err := os.Create("/tmp/long")
	for b := make([]byte, 1<<20); err == nil; {
		_, err = f.Write(b)
	}
	fmt.Println("no room:", errors.Is(err, syscall.ENOSPC), "for a byte:", full())
	os.Remove("/tmp/long")
	held := full()
	f.Close()
	fmt.Println("held while open:", held, "as before:", room() == before)
}

// full allows for the 64 KiB that memory for content comes in.
func full() bool { st := room(); return int64(st.Bfree)*st.Bsize <= 64<<10 }

func room() (st syscall.Statfs_t) {
	syscall.Statfs("/tmp", &st)
	return st
}
