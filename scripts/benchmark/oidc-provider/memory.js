// An adapter in a map that keeps everything. The one that comes with the package keeps the last 1,000 records,
// too few for a run.

export function memoryAdapter() {
  const records = new Map();
  const members = new Map();
  const sessionUids = new Map();
  return class {
    constructor(model) {
      this.model = model;
    }

    key(id) {
      return `${this.model}:${id}`;
    }

    async upsert(id, payload) {
      const key = this.key(id);
      records.set(key, payload);
      if (this.model === 'Session') sessionUids.set(payload.uid, id);
      if (payload.grantId) {
        const keys = members.get(payload.grantId);
        if (keys) keys.push(key);
        else members.set(payload.grantId, [key]);
      }
    }

    async find(id) {
      return records.get(this.key(id));
    }

    async findByUid(uid) {
      return this.find(sessionUids.get(uid));
    }

    async consume(id) {
      records.get(this.key(id)).consumed = Math.floor(Date.now() / 1000);
    }

    async destroy(id) {
      records.delete(this.key(id));
    }

    async revokeByGrantId(grantId) {
      for (const key of members.get(grantId) ?? []) records.delete(key);
      members.delete(grantId);
    }
  };
}
