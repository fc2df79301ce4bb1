// A map of tags: a pie a tag, its area the number of questions, its sectors the datasets' shares of their questions.

class Pies {
  constructor(scene) {
    const size = scene.datasets.map((d) => Math.max(1, d.count)),
      groups = new Map();
    scene.question.forEach((tag, i) => {
      groups.set(tag, [...(groups.get(tag) || []), i]);
    });
    const mean = (members, values) => members.reduce((sum, i) => sum + values[i], 0) / members.length;
    this.all = [...groups]
      .map(([tag, members]) => ({
        tag,
        members,
        x: mean(members, scene.x),
        y: mean(members, scene.y),
        weight: members.reduce((sum, i) => sum + scene.weight[i], 0),
      }))
      .sort((a, b) => b.weight - a.weight); // the small ones over the large ones
    this.of = new Map(this.all.flatMap((pie) => pie.members.map((i) => [i, pie])));
    this.share = (i) => scene.weight[i] / size[scene.dataset[i]];
    this.most = Math.max(1, ...this.all.map((pie) => pie.weight));
  }

  radius(pie, zoom) {
    return (4 + 22 * Math.sqrt(pie.weight / this.most)) * Math.min(1.6, Math.max(1, zoom) ** 0.3);
  }

  // Of the members that `seen` lets through: [index, from, to] in radians, clockwise from twelve o'clock.
  sectors(pie, seen) {
    const members = pie.members.filter(seen),
      total = members.reduce((sum, i) => sum + this.share(i), 0) || 1;
    let from = -Math.PI / 2;
    return members.map((i) => {
      const sector = [i, from, from + (2 * Math.PI * this.share(i)) / total];
      from = sector[2];
      return sector;
    });
  }

  draw(pen, pie, px, py, r, seen, colourOf, edge) {
    const sectors = this.sectors(pie, seen);
    for (const [i, from, to] of sectors) {
      pen.beginPath();
      if (sectors.length > 1) pen.moveTo(px, py);
      pen.arc(px, py, r, from, to);
      pen.closePath();
      pen.fillStyle = colourOf(i);
      pen.fill();
      pen.strokeStyle = edge;
      pen.lineWidth = 1;
      pen.stroke();
    }
  }

  // The member whose sector lies at (dx, dy) from the middle.
  at(pie, dx, dy, seen) {
    const angle = ((Math.atan2(dy, dx) + 2.5 * Math.PI) % (2 * Math.PI)) - Math.PI / 2;
    const sectors = this.sectors(pie, seen),
      hit = sectors.find(([, , to]) => angle <= to) || sectors[sectors.length - 1];
    return hit ? hit[0] : -1;
  }
}
