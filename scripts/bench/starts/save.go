package starts

import (
	"context"
	"path/filepath"
	"time"

	"yolk/boot/qemu"
)

// Save starts a machine, and returns the system of those that go on from it when it has
// answered, with a folder of which nothing may be removed. The machine stood still that long.
func (y System) Save(ctx context.Context, folder string) (clones System, still time.Duration, err error) {
	y.Config.Memfd, y.Config.Monitor = true, filepath.Join(folder, "control")
	m, err := y.Start(ctx)
	if err != nil {
		return y, 0, err
	}
	defer m.Quit()
	q, err := qemu.Dial(y.Config.Monitor)
	if err != nil {
		return y, 0, err
	}
	defer q.Close()
	begun := time.Now()
	if err := q.Save(m.Process, folder); err != nil {
		return y, 0, err
	}
	still = time.Since(begun)
	y.Config.Memfd, y.Config.Monitor, y.Config.Saved = false, "", folder
	return y, still, nil
}
