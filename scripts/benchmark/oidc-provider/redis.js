// An adapter on Redis: one key per record with its life, a set of keys per grant, each change in one pipeline.

import { Redis } from 'ioredis';

export function redisAdapter(url) {
  const redis = new Redis(url, { keyPrefix: 'peer:' });
  return class {
    constructor(model) {
      this.model = model;
    }

    key(id) {
      return `${this.model}:${id}`;
    }

    async upsert(id, payload, expiresIn) {
      const key = this.key(id);
      const change = redis.multi();
      change.hset(key, 'payload', JSON.stringify(payload));
      if (expiresIn) change.expire(key, expiresIn);
      if (this.model === 'Session') change.set(`uid:${payload.uid}`, id, 'EX', expiresIn || 86400);
      if (payload.grantId) {
        const grant = `members:${payload.grantId}`;
        change.sadd(grant, key);
        if (expiresIn) change.expire(grant, expiresIn, 'GT');
      }
      await change.exec();
    }

    async find(id) {
      const { payload, consumed } = await redis.hgetall(this.key(id));
      if (payload === undefined) return undefined;
      const record = JSON.parse(payload);
      return consumed ? { ...record, consumed: Number(consumed) } : record;
    }

    async findByUid(uid) {
      const id = await redis.get(`uid:${uid}`);
      return id ? this.find(id) : undefined;
    }

    async consume(id) {
      await redis.hset(this.key(id), 'consumed', Math.floor(Date.now() / 1000));
    }

    async destroy(id) {
      await redis.del(this.key(id));
    }

    async revokeByGrantId(grantId) {
      const grant = `members:${grantId}`;
      const keys = await redis.smembers(grant);
      await redis.del(grant, ...keys);
    }
  };
}
