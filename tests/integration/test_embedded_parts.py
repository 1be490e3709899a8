def test_a(database_url, bucket):
    import sqlalchemy
    e = sqlalchemy.create_engine(database_url)
    with e.connect() as c:
        assert c.execute(sqlalchemy.text("select current_user")).scalar() == "kyso"
    e.dispose()
